"""READS how far this and AWS are apart: two queries, asked for every page, remembered for two seconds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

from transactions.models import Execution, Transaction
from transactions.summaries import MOST
from workflows.models import Environment

REMEMBERED_S = 2
# What became due a moment ago is on its way, not behind.
ON_ITS_WAY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Freshness:
    """When AWS last answered, since when it does not, and what is overdue: runs to be read, transactions to start."""

    reached: timedelta | None
    unreachable_since: datetime | None
    unread: int
    unstarted: int


def read(environment: Environment | None) -> Freshness | None:
    """Of the environment looked at; None when there is none."""
    if environment is None:
        return None
    now = timezone.now()
    reached = _whole_seconds(now - environment.reached_at) if environment.reached_at else None
    return Freshness(reached, environment.unreachable_since, *_overdue(environment, now))


def _whole_seconds(age: timedelta) -> timedelta:
    return timedelta(seconds=max(1, round(age.total_seconds())))


def _overdue(environment: Environment, now: datetime) -> tuple[int, int]:
    key = f"overdue-{environment.pk}"
    known: tuple[int, int] | None = cache.get(key)
    if known is None:
        since = now - ON_ITS_WAY
        unread = Execution.objects.filter(next_sync_at__lte=since, transaction__environment=environment)
        unstarted = Transaction.objects.filter(
            status__in=["accepted", "starting"], next_attempt_at__lte=since, environment=environment
        )
        known = unread.order_by()[:MOST].count(), unstarted.order_by()[:MOST].count()
        cache.set(key, known, REMEMBERED_S)
    return known
