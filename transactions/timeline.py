"""The visits of a run as bars on one scale of time: how long each state took, its attempts and the waits between. PURE.

Positions are thousandths of the whole run, so that a picture of any width can use them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypeAlias

from transactions.models import Visit

WHOLE = 1_000.0
MOST_STEPS = 5  # on the scale
Pause: TypeAlias = tuple[datetime, datetime]
SOONEST, LATEST = 2, 30  # seconds until a running one is drawn anew
MINUTE, HOUR, DAY = 60, 3_600, 86_400
# From here on a clock's steps are round, not those of ten.
CLOCK_S = (30, 60, 120, 300, 600, 900, 1_800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)
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
    is_brief: bool = False  # so short that it is drawn wider than it is


@dataclass(frozen=True, slots=True)
class Row:
    """One visit: its bar, the attempts on it, and how deep it lies in Maps and Parallels."""

    visit: Visit
    bar: Bar
    attempts: tuple[Bar, ...]
    pauses: tuple[Bar, ...]  # while the run was over, until it was redriven
    stretches: tuple[Bar, ...]  # between those what is too short to be seen, as of a Fail state
    depth: int
    took: timedelta  # so far, where the visit is open

    @property
    def is_open(self) -> bool:
        """Whether the state has not been left yet."""
        return self.visit.exited_at is None


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the scale, and where."""

    x: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All rows, from `begin` to `end`."""

    begin: datetime
    end: datetime
    rows: tuple[Row, ...]
    pauses: tuple[Bar, ...] = ()  # of the whole run, each up to a redrive
    idle: timedelta = timedelta(0)  # how long those were

    @property
    def length(self) -> timedelta:
        """How long the whole of it took, so far."""
        return self.end - self.begin

    @property
    def drawn_again_s(self) -> int:
        """In how many seconds it looks different: the longer it is, the less a second makes."""
        return round(min(max(SOONEST, self.length.total_seconds() / 60), LATEST))

    @property
    def marks(self) -> list[str]:
        """What the bars are made of, beside a plain one that says it all: explained below them."""
        has_attempts = any(row.attempts for row in self.rows)
        found = ["attempt", "state"] if has_attempts else []
        return [*found, "pause"] if self.pauses else found

    @property
    def ticks(self) -> list["Tick"]:
        """What stands on the scale: round times, at most six of them."""
        length = self.length.total_seconds()
        step = _step(length / MOST_STEPS)
        return [_tick(at * step, length) for at in range(int(length / step + 1e-9) + 1)]


def draw(visits: Sequence[Visit], now: datetime, pauses: Sequence[Pause] = ()) -> Timeline | None:
    """The timeline of visits in order; one that is still open lasts until `now`. None when there are none.

    `pauses`: while the run was over, from its end to its redrive.
    """
    if not visits:
        return None
    begin = min(visit.entered_at for visit in visits)
    # What a redrive led to need not be a visit: it may have failed where it was, which enters nothing.
    end = max((*(visit.exited_at or now for visit in visits), *(until for _, until in pauses)))
    scale = _Scale(begin, max(end, begin + timedelta(milliseconds=1)))
    rows = tuple(_row(visit, scale, pauses) for visit in visits)
    idle = sum((until - since for since, until in pauses), timedelta(0))
    return Timeline(scale.begin, scale.end, rows, _over(pauses, scale), idle)


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: datetime
    end: datetime

    def bar(self, start: datetime, end: datetime | None, tone: str, title: str) -> Bar:
        x = self._at(start)
        long = self._at(end or self.end) - x
        width = max(LEAST, long)
        return Bar(f"{min(x, WHOLE - width):.1f}", f"{width:.1f}", tone, title, is_brief=long < LEAST)

    def _at(self, moment: datetime) -> float:
        return min(WHOLE, max(0.0, WHOLE * ((moment - self.begin) / (self.end - self.begin))))


def _step(least: float) -> float:
    """The smallest round number of seconds that is no less."""
    ten = 10.0 ** math.floor(math.log10(least))
    decimal = next(step for step in (ten, 2 * ten, 5 * ten, 10 * ten) if step >= least)
    if decimal <= 20:
        return decimal
    return next((step for step in CLOCK_S if step >= least), DAY * math.ceil(least / DAY))


def _tick(seconds: float, length: float) -> Tick:
    part = seconds / length
    anchor = "start" if not part else "end" if part > 0.9 else "middle"
    return Tick(f"{100 * part:.2f}%", _said(seconds), anchor)


def _said(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1_000:g} ms" if seconds else "0"
    if seconds < MINUTE:
        return f"{seconds:g} s"
    whole = round(seconds)
    units = ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s"))
    unit, name, less, smaller = next(one for one in units if whole >= one[0])
    rest = whole % unit // less
    return f"{whole // unit} {name}" + (f" {rest} {smaller}" if rest else "")


def within(visit: Visit, pauses: Iterable[Pause]) -> list[Pause]:
    """Those of the pauses that a visit lasted through."""
    return [one for one in pauses if visit.entered_at <= one[0] and (not visit.exited_at or one[1] <= visit.exited_at)]


def _row(visit: Visit, scale: _Scale, pauses: Sequence[Pause]) -> Row:
    status = visit.status_now
    where = f"{visit.state}, {visit.place}" if visit.path else visit.state
    bar = scale.bar(visit.entered_at, visit.exited_at, status.tone, f"{where}: {status.label}")
    idle = within(visit, pauses)
    took = scale.end - visit.entered_at - visit.paused if visit.took is None else visit.took
    attempts, depth = tuple(_attempts(visit, scale)), min(len(visit.path), DEEPEST)
    stretches = () if attempts or not idle else tuple(_stretches(visit, idle, scale, bar))
    return Row(visit, bar, attempts, _over(idle, scale), stretches, depth, took)


def _over(pauses: Iterable[Pause], scale: _Scale) -> tuple[Bar, ...]:
    return tuple(scale.bar(*one, "neutral", "The run was over; then it was redriven") for one in pauses)


def _stretches(visit: Visit, pauses: Sequence[Pause], scale: _Scale, whole: Bar) -> Iterable[Bar]:
    """What a visit lasted before, between and after pauses, where that is brief: the bar itself shows the rest."""
    edges = [visit.entered_at, *(moment for pause in pauses for moment in pause), visit.exited_at or scale.end]
    bars = (scale.bar(begin, end, whole.tone, whole.title) for begin, end in list(pairwise(edges))[::2])
    return (bar for bar in bars if bar.is_brief)


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
