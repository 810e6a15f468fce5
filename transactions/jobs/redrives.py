"""Has AWS redrive executions somebody wants to go on where they failed. The same execution, never a second one."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from transactions.models import Execution, Transaction
from transactions.statuses import REDRIVABLE
from workflows.aws import errors, stepfunctions
from workflows.claims import move
from workflows.jobs.targets import note_unreachable, target_of
from workflows.services import facts

BATCH = 50
FIRST_LOOK = timedelta(seconds=0.25)


def drain() -> int:
    """Redrive whatever is asked for; give how many calls were made."""
    wanted = Transaction.objects.filter(redrive_requested_at__isnull=False)
    rows = list(wanted.select_related("environment", "execution", "redrive_requested_by")[:BATCH])
    for row in rows:
        _redrive(row)
    return len(rows)


def _redrive(row: Transaction) -> None:
    """The wish's own token makes it safe to send again: no claim is taken."""
    target = target_of(row.environment, by=row.redrive_requested_by)
    try:
        stepfunctions.redrive_execution(target, row.execution.arn, token=f"{row.pk}-{row.version}")
    except (errors.Transient, errors.Unknown) as error:
        note_unreachable(row.environment, str(error))
        return
    except errors.AwsError as error:
        if not _goes_on(row):
            _give_up(row, str(error))
            return
    _reopen(row)


def _goes_on(row: Transaction) -> bool:
    """Whether AWS refuses because a call whose answer was lost has done it already."""
    try:
        found = stepfunctions.describe_execution(target_of(row.environment), row.execution.arn)
    except errors.AwsError:
        return False
    return found.redrives > row.execution.redrives


def _give_up(row: Transaction, problem: str) -> None:
    asked = Transaction.objects.filter(pk=row.pk, redrive_requested_at__isnull=False)
    asked.update(redrive_requested_at=None, redrive_problem=problem, version=F("version") + 1)


def _reopen(row: Transaction) -> None:
    """The one move away from a final status, told as a fact; its history is read on from where it ended."""
    again = {
        "finished_at": None,
        "output": None,
        "error": "",
        "cause": "",
        "stop_requested_at": None,
        "stop_requested_by": None,
        "redrive_requested_at": None,
        "version": F("version") + 1,
    }
    with transaction.atomic():
        if move(Transaction.objects, [row.pk], "running", REDRIVABLE, **again):
            # Whoever reads its history just now read of the end before this, and must not write that down.
            Execution.objects.filter(pk=row.pk).update(
                redrives=F("redrives") + 1,
                read_at=None,
                next_sync_at=timezone.now() + FIRST_LOOK,
                claim=None,
                claimed_until=None,
            )
            facts.tell("transaction.redriven", str(row.pk))
