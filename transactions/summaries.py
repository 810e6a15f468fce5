"""Reads that count: what needs somebody now, and how a stretch of time went. Each looks at a bounded number of rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone

from transactions import standstill
from transactions.filtering import NEEDS
from transactions.models import Transaction
from transactions.selectors import first_id
from transactions.statuses import OPEN, TRANSACTION
from workflows.models import Environment
from workflows.statuses import Status

DAY = timedelta(days=1)
MOST = 10_000
RECENT = 8


@dataclass(frozen=True, slots=True)
class Attention:
    """What needs somebody now."""

    failed: int
    stuck: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many are in each status; `is_partial` when there are more than were counted."""

    counts: list[tuple[Status, int]]
    is_partial: bool


def attention(environment: Environment | None, now: datetime | None = None) -> Attention:
    """Failed in the last day and not run again, stuck, and waiting for AWS; each counted up to ten thousand."""
    rows = Transaction.objects.filter(environment=environment)
    failed = rows.filter(NEEDS["failed"](), pk__gte=first_id(_since(now)))
    stuck = Count("pk", filter=standstill.every(now))
    counted = rows.filter(status__in=OPEN).aggregate(stuck=stuck, waiting=Count("waiting_since"))
    return Attention(failed[:MOST].count(), counted["stuck"], counted["waiting"])


def outcomes(environment: Environment | None, since: datetime) -> Outcomes:
    """The transactions since then by status: of the newest ten thousand when there are more."""
    rows = Transaction.objects.filter(pk__in=newest(environment, since)).order_by()
    counted = dict(rows.values_list("status").annotate(n=Count("pk")))
    counts = [(status, counted.get(status.value, 0)) for status in TRANSACTION.values()]
    return Outcomes(counts, is_partial=sum(counted.values()) == MOST)


def newest(environment: Environment | None, since: datetime) -> QuerySet[Transaction, UUID]:
    """The ids of what was accepted since then, the newest ten thousand of them."""
    rows = Transaction.objects.filter(environment=environment, pk__gte=first_id(since)).order_by("-pk")
    return rows.values_list("pk", flat=True)[:MOST]


def recent(environment: Environment | None) -> list[Transaction]:
    """The newest few, with what a short list shows of each."""
    rows = Transaction.objects.filter(environment=environment).select_related("workflow")
    return list(rows.defer("input", "output", "cause").order_by("-pk")[:RECENT])


def _since(now: datetime | None) -> datetime:
    return (now or timezone.now()) - DAY
