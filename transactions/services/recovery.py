"""Puts transactions right: stop one, run one again. No AWS here; workers carry it out."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from transactions import tasks
from transactions.models import Transaction
from transactions.services import endings, submissions
from transactions.services.submissions import Submission, Submitted
from transactions.statuses import OPEN
from workflows.doorbell import ring
from workflows.models import User
from workflows.services import activity
from workflows.services.access import require


class AlreadyOver(Exception):
    """The transaction has its final status; there is nothing to stop."""


def stop(row: Transaction, *, by: User) -> None:
    """Stop it: at once if it was not started, else through AWS by a worker. Asking twice is asking once.

    Raises Forbidden, AlreadyOver.
    """
    require(by, "transactions.stop")
    with transaction.atomic():
        if endings.end(row.pk, "aborted", only_from=("accepted",), cause="Stopped before it was started."):
            activity.record("transaction.stop", row, by=by, after={"status": "aborted"})
            return
        is_open = Transaction.objects.filter(pk=row.pk, status__in=OPEN)
        asked = is_open.filter(stop_requested_at__isnull=True).update(
            stop_requested_at=timezone.now(), stop_requested_by=by, version=F("version") + 1
        )
        if not asked:
            if not is_open.exists():
                raise AlreadyOver
            return
        activity.record("transaction.stop", row, by=by, after={"stop_requested": True})
        ring(tasks.start)


def run_again(row: Transaction, *, by: User, input: str | None = None, key: str | None = None) -> Submitted:
    """Submit a new transaction like this one, with other input if given; what is live now runs it.

    Raises Forbidden and whatever `submissions.submit` raises.
    """
    require(by, "transactions.rerun")
    asked = Submission(
        workflow=row.workflow.name,
        input=row.input if input is None else input,
        environment=row.environment.slug,
        reference=row.reference,
        rerun_of=row,
    )
    return submissions.submit(asked, by=by, key=key)
