"""Puts transactions right: stop one, redrive one, run one again. No AWS here; workers carry it out."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from transactions import tasks
from transactions.models import Transaction
from transactions.services import endings, submissions
from transactions.services.submissions import Submission, Submitted
from transactions.statuses import OPEN, REDRIVABLE
from workflows.capabilities import STOPPED
from workflows.doorbell import ring
from workflows.models import User
from workflows.services import activity
from workflows.services.access import require
from workflows.services.idempotency import Answer, Fingerprint
from workflows.statuses import MachineType

# AWS keeps what it needs to go on for so long after the end.
REDRIVABLE_FOR = timedelta(days=14)


class AlreadyOver(Exception):
    """The transaction has its final status; there is nothing to stop."""


class NotRedrivable(Exception):
    """It cannot go on where it failed; the text says why, and what to do instead."""


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


def redrive(row: Transaction, *, by: User) -> None:
    """Let it go on where it failed: the same execution, keeping what had succeeded. Asking twice is asking once.

    Raises Forbidden, NotRedrivable.
    """
    require(by, "transactions.rerun")
    if refusal := redrive_refusal(row):
        raise NotRedrivable(refusal)
    with transaction.atomic():
        wanted = Transaction.objects.filter(pk=row.pk, status__in=REDRIVABLE, redrive_requested_at__isnull=True)
        now = timezone.now()
        asked = {"redrive_requested_at": now, "redrive_requested_by": by, "redrive_problem": ""}
        if wanted.update(**asked, version=F("version") + 1):
            activity.record("transaction.redrive", row, by=by, after={"redrive_requested": True})
            ring(tasks.start)


def redrive_refusal(row: Transaction) -> str:
    """Why it cannot be redriven, and what to do instead; empty when it can, as far as is known here."""
    if row.status not in REDRIVABLE or row.finished_at is None:
        return "Only what has failed, timed out or was stopped can be redriven."
    if refusal := row.environment.capabilities.redrive.refusal:
        return refusal
    if not row.execution.arn:
        return "It was never started in AWS, so there is nothing to redrive. Run it again instead."
    if row.error == STOPPED:
        return "The embedded AWS was stopped while it ran and does not know where it stood. Run it again instead."
    if row.revision.type == MachineType.EXPRESS:
        return "AWS does not redrive EXPRESS workflows. Run it again instead."
    if timezone.now() - row.finished_at > REDRIVABLE_FOR:
        return f"It ended more than {REDRIVABLE_FOR.days} days ago: AWS redrives no more. Run it again instead."
    return ""


def run_again(row: Transaction, *, by: User, input: str | None = None, key: str | None = None) -> Submitted:
    """Submit a new transaction like this one, with other input if given; what is live now runs it.

    Raises Forbidden and whatever `submissions.submit` raises.
    """
    require(by, "transactions.rerun")
    return submissions.submit(_like(row, input), by=by, key=key)


def run_again_once(
    row: Transaction,
    key: str,
    fingerprint: Fingerprint,
    answer: Callable[[Submitted], Answer],
    *,
    by: User,
    input: str | None = None,
) -> Answer:
    """The same, once for each key, as `submissions.submit_once`; raises what that raises."""
    require(by, "transactions.rerun")
    return submissions.submit_once(_like(row, input), key, fingerprint, answer, by=by)


def _like(row: Transaction, input: str | None) -> Submission:
    return Submission(
        workflow=row.workflow.name,
        input=row.input if input is None else input,
        environment=row.environment.slug,
        reference=row.reference,
        rerun_of=row,
    )
