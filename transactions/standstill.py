"""READS: which transactions have made no progress for two leases, and since when. A sweep marks them; until one does,
as while there is no worker to sweep, they are known by the same rule.
"""

from datetime import datetime

from django.db.models import Case, DateTimeField, F, OuterRef, Q, Subquery, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from transactions.models import Execution
from transactions.statuses import OPEN
from workflows.claims import lease

NOT_STARTED = ("accepted", "starting")


def unmarked(now: datetime | None = None) -> Q:
    """Those that no sweep has marked yet."""
    before = (now or timezone.now()) - 2 * lease()
    started_late = Q(status__in=NOT_STARTED) & (Q(waiting_since__lte=before) | Q(next_attempt_at__lte=before))
    read_late = Q(status="running", execution__next_sync_at__lte=before)
    stopped_late = Q(stop_requested_at__lte=before)
    return Q(status__in=OPEN, stuck_since__isnull=True) & (started_late | read_late | stopped_late)


def every(now: datetime | None = None) -> Q:
    """Marked or not."""
    return Q(status__in=OPEN, stuck_since__isnull=False) | unmarked(now)


def since() -> Combinable:
    """When what `unmarked` finds was due."""
    read_due = Execution.objects.filter(transaction=OuterRef("pk")).values("next_sync_at")[:1]
    return Case(
        When(stop_requested_at__isnull=False, then=F("stop_requested_at")),
        When(waiting_since__isnull=False, then=F("waiting_since")),
        When(status__in=NOT_STARTED, then=F("next_attempt_at")),
        default=Subquery(read_due),
        output_field=DateTimeField(),
    )
