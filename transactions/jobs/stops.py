"""Stops running executions somebody wants stopped. The final status comes from their history, as always."""

from django.utils import timezone

from transactions.models import Execution, Transaction
from transactions.services import endings
from workflows.aws import errors, stepfunctions
from workflows.jobs.targets import note_unreachable, target_of

BATCH = 50


def drain() -> int:
    """Stop whatever is asked to be stopped; give how many calls were made."""
    wanted = Transaction.objects.filter(stop_requested_at__isnull=False, finished_at__isnull=True, status="running")
    rows = list(wanted.select_related("environment", "execution", "stop_requested_by")[:BATCH])
    silent = set[int]()
    for row in rows:
        if row.environment_id not in silent and not _stop(row):
            silent.add(row.environment_id)
    _abort_unstarted()
    return len(rows)


def _stop(row: Transaction) -> bool:
    """Stopping twice is harmless in AWS, so no claim is taken. False when AWS would not do it now."""
    who = row.stop_requested_by.get_username() if row.stop_requested_by else "system"
    try:
        stepfunctions.stop_execution(
            target_of(row.environment, by=row.stop_requested_by),
            row.execution.arn,
            error="Stopped",
            cause=f"Stopped by {who}.",
        )
    except errors.NotFound:
        pass  # over already: its history says how
    except errors.AwsError as error:
        if not isinstance(error, errors.Throttled):
            note_unreachable(row.environment, str(error))
        return False
    Execution.objects.filter(pk=row.pk).update(next_sync_at=timezone.now())
    return True


def _abort_unstarted() -> None:
    """A stop that came while a start was under way, and the start turned out not to have been sent."""
    waiting = Transaction.objects.filter(stop_requested_at__isnull=False, finished_at__isnull=True, status="accepted")
    for pk in waiting.values_list("pk", flat=True)[:BATCH]:
        endings.end(pk, "aborted", only_from=("accepted",), cause="Stopped before it was started.")
