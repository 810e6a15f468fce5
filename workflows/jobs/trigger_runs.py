"""The runs of a function that its log tells of after something was sent, and which of them is that one's."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from workflows.aws import logs
from workflows.aws.clients import Target
from workflows.log_lines import LogLine, attributed, failure, is_over

PATIENCE_S = 90.0  # a batch window, or a stream that is read for the first time
SETTLE_S = 10.0  # after a run that does not say what it was called with, for the one that does
LOOK_EVERY_S = 0.5
BEFORE = timedelta(seconds=1)  # clocks of two machines
LOOK_BACK = timedelta(minutes=1)  # for runs that are under way
MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test: its status, what was answered or logged, and what the function failed with."""

    status: str
    answer: str
    error: str = ""


class Runs:
    """Those that were not there before anything was sent: make one of these first, and send then."""

    def __init__(self, target: Target, group: str, window_s: int) -> None:
        self._target, self._group, self._begin = target, group, timezone.now() - BEFORE
        self._patience_s, self._settle_s = PATIENCE_S + window_s, SETTLE_S + window_s
        self._earlier = {line.request_id for line in self._lines(self._begin - LOOK_BACK)}

    def outcome_of(self, mark: str, still: Callable[[], object]) -> Outcome:
        """Wait for the run whose log names `mark`; `still` is called while that takes long."""
        until, other = time.monotonic() + self._patience_s, list[LogLine]()
        while time.monotonic() < until:
            finished = self._finished()
            if own := next((run for run in finished if _names(run, mark)), None):
                error = failure(own)
                return Outcome("raised" if error else "succeeded", _text(own), error)
            if finished and not other:
                other = finished[0]
                until = min(until, time.monotonic() + self._settle_s)
            still()
            time.sleep(LOOK_EVERY_S)
        if other:
            return Outcome("unclear", _text(other), failure(other))
        return Outcome("failed", f"Nothing was logged by the function within {self._patience_s:.0f} s of the sending.")

    def _finished(self) -> list[list[LogLine]]:
        """The lines of each new run that is over, by request, in the order they began."""
        runs: dict[str, list[LogLine]] = defaultdict(list)
        for line in self._lines(self._begin):
            if line.request_id and line.request_id not in self._earlier:
                runs[line.request_id].append(line)
        return [run for run in runs.values() if is_over(run)]

    def _lines(self, begin: datetime) -> list[LogLine]:
        found = logs.lines(self._target, self._group, begin, timezone.now() + BEFORE, MOST_LINES)
        return attributed(LogLine(line.at, line.stream, line.text) for line in found)


def _names(run: Iterable[LogLine], mark: str) -> bool:
    """Whether a run tells that it was called with what bears this mark, or by the request of this id."""
    return bool(mark) and any(mark in line.text for line in run)


def _text(run: Iterable[LogLine]) -> str:
    return "\n".join(line.text for line in run)
