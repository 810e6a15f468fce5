"""Looks over what runs: which executions AWS no longer lists as running, and which transactions are stuck."""

from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from transactions.models import Execution, Transaction
from transactions.statuses import OPEN
from workflows.aws import errors, stepfunctions
from workflows.claims import lease
from workflows.jobs.targets import note_unreachable, target_of
from workflows.models import Deployment

SETTLED = timedelta(seconds=2)  # lists of AWS lag behind: what has only just started may not be in them yet
MOST = 10_000


def find_ended() -> int:
    """Mark executions due that run here but not in AWS: one list per state machine, not one call per run."""
    unread = Execution.objects.filter(
        transaction__status="running", next_sync_at__isnull=True, transaction__started_at__lte=timezone.now() - SETTLED
    )
    machines = Deployment.objects.filter(pk__in=unread.values("transaction__deployment").distinct())
    by_machine: dict[tuple[int, str], Deployment] = {}
    for deployment in machines.select_related("environment"):
        by_machine.setdefault((deployment.environment_id, deployment.resource_arn), deployment)
    return sum(_find_ended_of(deployment, unread) for deployment in by_machine.values())


def _find_ended_of(deployment: Deployment, unread: QuerySet[Execution]) -> int:
    ours = unread.filter(
        transaction__environment=deployment.environment, transaction__deployment__resource_arn=deployment.resource_arn
    )
    arns = set(ours.values_list("arn", flat=True)[:MOST])
    try:
        running = {
            execution.arn
            for execution in stepfunctions.list_executions(
                target_of(deployment.environment), deployment.resource_arn, status="RUNNING"
            )
        }
    except errors.AwsError as error:
        note_unreachable(deployment.environment, str(error))
        return 0
    return ours.filter(arn__in=arns - running).update(next_sync_at=timezone.now())


def mark_stuck() -> int:
    """Make visible what has not moved for two lease times; give how many were marked."""
    now = timezone.now()
    before = now - 2 * lease()
    not_started = Q(status__in=["accepted", "starting"]) & (
        Q(waiting_since__lte=before) | Q(next_attempt_at__lte=before)
    )
    not_read = Q(status="running", execution__next_sync_at__lte=before)
    not_stopped = Q(stop_requested_at__lte=before)
    stuck = Transaction.objects.filter(not_started | not_read | not_stopped, status__in=OPEN, stuck_since__isnull=True)
    return Transaction.objects.filter(pk__in=stuck.values("pk")).update(stuck_since=now, version=F("version") + 1)
