"""Notes that somebody looks at a transaction, so that AWS is asked about it first. Never asks AWS itself."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from transactions import tasks
from transactions.models import Execution, LogReading, Transaction
from transactions.models.logs import LATE
from workflows.doorbell import ring
from workflows.models import User
from workflows.services import activity
from workflows.services.access import require

FOR = timedelta(seconds=20)
RENEWED_WITHIN = timedelta(seconds=10)
LOGS_EVERY = timedelta(seconds=5)


def watch(row: Transaction) -> None:
    """Somebody looks at `row` (with its execution). Writes at most every ten seconds; never refuses."""
    execution, now = row.execution, timezone.now()
    is_watched = execution.watched_until is not None and execution.watched_until > now + RENEWED_WITHIN
    if is_watched or row.status != "running" or not execution.arn:
        return
    rows = Execution.objects.filter(pk=row.pk, read_at__isnull=True)
    rows.update(watched_until=now + FOR)
    if rows.filter(Q(next_sync_at__isnull=True) | Q(next_sync_at__gt=now)).update(next_sync_at=now):
        ring(tasks.sync)


def want_logs(row: Transaction) -> None:
    """Somebody looks for the log lines of `row`: they are read once it is over, and again while it runs."""
    if row.execution.events_read == 0:
        return
    now = timezone.now()
    reading, is_new = LogReading.objects.get_or_create(
        execution=row.execution, defaults={"asked_at": now, "next_read_at": now}
    )
    if not is_new and _is_stale(reading, row):
        LogReading.objects.filter(pk=reading.pk, next_read_at=None).update(asked_at=now, next_read_at=now)
    if is_new or reading.next_read_at is None:
        ring(tasks.read_logs)


def _is_stale(reading: LogReading, row: Transaction) -> bool:
    """What still runs, or ended a moment ago, is read every few seconds, and then once more."""
    if reading.read_at is None:
        return False
    if reading.problem or row.finished_at is None or timezone.now() < row.finished_at + LATE:
        return reading.read_at < timezone.now() - LOGS_EVERY
    return reading.may_lack(row.finished_at)


def sync(row: Transaction, *, by: User) -> None:
    """Somebody wants `row` compared with AWS now: read again if it was started, else started. Raises Forbidden."""
    require(by, "transactions.view_transaction")
    now = timezone.now()
    with transaction.atomic():
        activity.record("transaction.sync", row, by=by)
        if Execution.objects.filter(pk=row.pk).exclude(arn="").update(next_sync_at=now):
            ring(tasks.sync)
        elif Transaction.objects.filter(pk=row.pk, status="accepted").update(next_attempt_at=now):
            ring(tasks.start)
