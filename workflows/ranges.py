"""The stretch of time a page looks back on, and how finely its charts divide it; both live in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch one can choose. `periods_s`: the lengths a point may stand for, the usual one first."""

    value: str
    label: str
    length: timedelta
    periods_s: tuple[int, ...]


RANGES = (
    Range("1h", "1 hour", timedelta(hours=1), (60, 300)),
    Range("24h", "24 hours", timedelta(days=1), (300, 60, 3600)),
    Range("7d", "7 days", timedelta(days=7), (3600, 300)),
)
USUAL = RANGES[1]
HOUR_S = 3_600
DAYS = Range("62d", "62 days", timedelta(days=62), (HOUR_S,))  # this month and the last, whatever their length
PERIODS = {60: "1 minute", 300: "5 minutes", 3600: "1 hour"}


def last_period(period_s: int) -> str:
    """What the last period is called after "last"."""
    return PERIODS[period_s].removeprefix("1 ")


@dataclass(frozen=True, slots=True)
class Span:
    """A range in steps of a period."""

    range: Range
    period_s: int

    @property
    def is_usual_period(self) -> bool:
        """Whether the address need not name the period."""
        return self.period_s == self.range.periods_s[0]


def bounds(now: datetime, range_s: int, period_s: int) -> tuple[datetime, datetime]:
    """From when to when, on whole periods; the one under way is the last."""
    end = (int(now.timestamp()) // period_s + 1) * period_s
    return datetime.fromtimestamp(end - range_s, UTC), datetime.fromtimestamp(end, UTC)


def chosen(params: Mapping[str, str]) -> Span:
    """What `range` and `period` of an address ask for; whatever cannot be had is the usual one."""
    wanted = next((one for one in RANGES if one.value == params.get("range")), USUAL)
    period = params.get("period", "")
    return Span(wanted, next((one for one in wanted.periods_s if str(one) == period), wanted.periods_s[0]))
