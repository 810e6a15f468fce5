"""Which branches a workflow took, day by day. Reads the newest ten thousand results at most."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from transactions.models import ChoiceResult
from transactions.selectors import first_id
from workflows.models import Environment, Workflow

DAYS = 14
MOST = 10_000
MOST_BRANCHES = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a branch; `height` is of 100, against the branch and day with most."""

    day: date
    count: int
    height: int
    x: int

    @property
    def y(self) -> int:
        """Where it begins, from the top."""
        return 100 - self.height


@dataclass(frozen=True, slots=True)
class Row:
    """One branch: from a Choice state to the next; without `next` no branch was taken."""

    state: str
    next: str
    count: int
    share: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Mix:
    """The branches of the last fourteen days, the most taken first. `is_partial`: older ones were not counted."""

    rows: tuple[Row, ...]
    days: tuple[date, ...]
    is_partial: bool

    @property
    def by_choice(self) -> list[tuple[str, list[Row]]]:
        """The same by Choice state, for shares add up within one only."""
        states = dict.fromkeys(row.state for row in self.rows)
        return [(state, [row for row in self.rows if row.state == state]) for state in states]


def mix(workflow: Workflow, environment: Environment | None, now: datetime | None = None) -> Mix:
    """How often each branch was taken on each day (UTC)."""
    today = (now or timezone.now()).astimezone(UTC).date()
    days = tuple(today - timedelta(days=DAYS - 1 - back) for back in range(DAYS))
    first = first_id(datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC))
    found = ChoiceResult.objects.filter(
        workflow=workflow, execution_id__gte=first, execution__transaction__environment=environment
    )
    rows = ChoiceResult.objects.filter(pk__in=found.order_by("-execution").values("pk")[:MOST]).order_by()
    counted = rows.values_list("state", "next", TruncDate("at", tzinfo=UTC)).annotate(n=Count("pk"))
    by_branch = dict[tuple[str, str], Counter[date]]()
    for state, goes_to, day, n in counted:
        by_branch.setdefault((state, goes_to), Counter())[day] += n
    return Mix(tuple(_rows(by_branch, days)), days, sum(map(Counter.total, by_branch.values())) == MOST)


def _rows(by_branch: dict[tuple[str, str], Counter[date]], days: tuple[date, ...]) -> list[Row]:
    highest = max((count for counts in by_branch.values() for count in counts.values()), default=1)
    of_state = Counter[str]()
    for (state, _), counts in by_branch.items():
        of_state[state] += counts.total()
    ordered = sorted(by_branch.items(), key=lambda one: (-one[1].total(), one[0]))[:MOST_BRANCHES]
    return [
        Row(
            state,
            goes_to,
            counts.total(),
            round(100 * counts.total() / of_state[state]),
            tuple(_bar(day, counts[day], highest, at) for at, day in enumerate(days)),
        )
        for (state, goes_to), counts in ordered
    ]


def _bar(day: date, count: int, highest: int, at: int) -> Bar:
    # What happened at all is seen, however little it is beside the rest.
    return Bar(day, count, max(6, round(100 * count / highest)) if count else 0, at * 10)
