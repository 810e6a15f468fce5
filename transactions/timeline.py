"""The visits of a run as bars on one scale of time: how long each state took, its attempts and the waits between. PURE.

Positions are thousandths of the whole run, so that a picture of any width can use them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from transactions.models import Visit

WHOLE = 1_000.0
LEAST = 3.0  # a bar that is there can be seen
DEEPEST = 6  # further in, names are indented no more: they need the room
_TONES = {"succeeded": "success", "failed": "danger", "timed_out": "danger", "running": "info", "aborted": "neutral"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a row: an attempt, or a state's whole visit."""

    x: str
    width: str
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One visit: its bar, the attempts on it, and how deep it lies in Maps and Parallels."""

    visit: Visit
    bar: Bar
    attempts: tuple[Bar, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """All rows, from `begin` to `end`."""

    begin: datetime
    end: datetime
    rows: tuple[Row, ...]

    @property
    def length(self) -> timedelta:
        """How long the whole of it took, so far."""
        return self.end - self.begin

    @property
    def ticks(self) -> list[timedelta]:
        """What stands at the quarters of the scale."""
        return [self.length * quarter / 4 for quarter in range(5)]


def draw(visits: Sequence[Visit], now: datetime) -> Timeline | None:
    """The timeline of visits in order; one that is still open lasts until `now`. None when there are none."""
    if not visits:
        return None
    begin = min(visit.entered_at for visit in visits)
    end = max(visit.exited_at or now for visit in visits)
    scale = _Scale(begin, max(end, begin + timedelta(milliseconds=1)))
    rows = tuple(_row(visit, scale) for visit in visits)
    return Timeline(scale.begin, scale.end, rows)


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: datetime
    end: datetime

    def bar(self, start: datetime, end: datetime | None, tone: str, title: str) -> Bar:
        x = self._at(start)
        width = max(LEAST, self._at(end or self.end) - x)
        return Bar(f"{min(x, WHOLE - width):.1f}", f"{width:.1f}", tone, title)

    def _at(self, moment: datetime) -> float:
        return min(WHOLE, max(0.0, WHOLE * ((moment - self.begin) / (self.end - self.begin))))


def _row(visit: Visit, scale: _Scale) -> Row:
    status = visit.status_now
    where = f"{visit.state}, {visit.place}" if visit.path else visit.state
    bar = scale.bar(visit.entered_at, visit.exited_at, status.tone, f"{where}: {status.label}")
    return Row(visit, bar, tuple(_attempts(visit, scale)), min(len(visit.path), DEEPEST))


def _attempts(visit: Visit, scale: _Scale) -> Iterable[Bar]:
    for number, attempt in enumerate(visit.attempts, 1):
        begun = _moment(attempt.get("scheduled_at"))
        if begun is None:
            continue
        outcome = str(attempt.get("outcome") or "running")
        error = f", {attempt['error']}" if attempt.get("error") else ""
        title = f"Attempt {number}: {outcome.replace('_', ' ')}{error}"
        yield scale.bar(begun, _moment(attempt.get("ended_at")), _TONES.get(outcome, "neutral"), title)


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
