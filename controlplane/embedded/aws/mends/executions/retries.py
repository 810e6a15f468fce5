"""Retry and Catch of Task, Parallel and Map states."""

import random
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sf

from .journal import Line
from .language import ExecutionError, State, assign, evaluate, is_jsonata, place
from .states import Step, note_evaluation_failure

DEFAULT_ATTEMPTS = 3
_TERMINAL = {"States.Runtime", "States.DataLimitExceeded"}
_TIMEOUTS = {"States.Timeout", "States.HeartbeatTimeout"}


def run_with_retries(
    line: Line, state: State, data: Any, attempt: Callable[[], Step], failed_event: str | None = None
) -> Step:
    """Attempt until it succeeds, no retrier is left or a catcher takes over; `failed_event` closes Map and Parallel."""
    used: dict[int, int] = {}
    while True:
        line.context["State"]["RetryCount"] = sum(used.values())
        try:
            return attempt()
        except ExecutionError as error:
            note_evaluation_failure(line, error)
            pause = _next_pause(state.get("Retry", []), error.error, used)
            if pause is not None:
                if line.run.over.wait(pause * sf._SFN_WAIT_SCALE):
                    line.check()
                continue
            if failed_event:
                line.add(failed_event)
            catcher = next((c for c in state.get("Catch", []) if _matches(c["ErrorEquals"], error.error)), None)
            if catcher is None:
                raise
            return _catch(line, state, catcher, data, error)


def _next_pause(retriers: list[Any], error: str | None, used: dict[int, int]) -> float | None:
    """Seconds until the next attempt, counted in `used`, or None; the first retrier that matches decides."""
    for index, retrier in enumerate(retriers):
        if not _matches(retrier["ErrorEquals"], error):
            continue
        count = used.get(index, 0)
        if count >= retrier.get("MaxAttempts", DEFAULT_ATTEMPTS):
            return None
        used[index] = count + 1
        pause = float(retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** count)
        pause = min(pause, retrier.get("MaxDelaySeconds", pause))
        return random.uniform(0, pause) if retrier.get("JitterStrategy") == "FULL" else pause  # noqa: S311
    return None


def _matches(names: list[str], error: str | None) -> bool:
    """AWS never retries or catches a terminal error by States.ALL or States.TaskFailed."""
    if error in names:
        return True
    if error in _TERMINAL:
        return False
    if error in _TIMEOUTS:
        return "States.ALL" in names or "States.Timeout" in names
    return "States.ALL" in names or "States.TaskFailed" in names


def _catch(line: Line, state: State, catcher: State, data: Any, error: Any) -> Step:
    texts = {"Error": error.error, "Cause": error.cause}
    caught = {name: text for name, text in texts.items() if text is not None}
    if not is_jsonata(state, line):
        return Step(place(catcher, data, caught, line), catcher["Next"], assign(catcher, caught, line, jsonata=False))
    output = evaluate(catcher["Output"], "Output", data, line, errorOutput=caught) if "Output" in catcher else caught
    return Step(output, catcher["Next"], assign(catcher, data, line, jsonata=True, errorOutput=caught))
