"""READS how far what is shown here is behind AWS: one query, asked for every page, remembered for two seconds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

from transactions.models import Execution
from transactions.summaries import MOST
from workflows.models import Environment

REMEMBERED_S = 2
# What became due a moment ago is on its way, not behind.
ON_ITS_WAY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Freshness:
    """When AWS last answered, since when it does not, and how many runs are due to be read and were not."""

    reached: timedelta | None
    unreachable_since: datetime | None
    unread: int


def read(environment: Environment | None) -> Freshness | None:
    """Of the environment looked at; None when there is none."""
    if environment is None:
        return None
    now = timezone.now()
    reached = _whole_seconds(now - environment.reached_at) if environment.reached_at else None
    return Freshness(reached, environment.unreachable_since, _unread(environment, now))


def _whole_seconds(age: timedelta) -> timedelta:
    return timedelta(seconds=max(1, round(age.total_seconds())))


def _unread(environment: Environment, now: datetime) -> int:
    key = f"unread-{environment.pk}"
    known: int | None = cache.get(key)
    if known is None:
        due = Execution.objects.filter(next_sync_at__lte=now - ON_ITS_WAY, transaction__environment=environment)
        known = due.order_by()[:MOST].count()
        cache.set(key, known, REMEMBERED_S)
    return known
