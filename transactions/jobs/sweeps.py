"""Looks over what runs: which executions AWS no longer lists as running, and which transactions are stuck."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from transactions import standstill
from transactions.jobs.syncs import WENT_WRONG
from transactions.models import Execution, Transaction
from transactions.statuses import OPEN
from workflows.aws import errors, stepfunctions
from workflows.jobs.targets import note_unreachable, target_of
from workflows.models import Deployment
from workflows.services import facts

SETTLED = timedelta(seconds=2)  # lists of AWS lag behind: what has only just started may not be in them yet
MOST = 10_000
SOON_READ = 20  # as many histories as AWS lets be read in a second
PAGE = 1_000


def find_ended() -> int:
    """Mark executions due that run here but not in AWS: one list per state machine, not one call per run."""
    unread = Execution.objects.filter(
        transaction__status="running", next_sync_at__isnull=True, transaction__started_at__lte=timezone.now() - SETTLED
    )
    machines = Deployment.objects.filter(pk__in=unread.values("transaction__deployment").distinct())
    by_machine: dict[tuple[int, str], Deployment] = {}
    for deployment in machines.select_related("environment"):
        by_machine.setdefault((deployment.environment_id, deployment.resource_arn), deployment)
    found, silent = 0, set[int]()
    for deployment in sorted(by_machine.values(), key=lambda one: one.environment.unreachable_since is not None):
        if deployment.environment_id not in silent:
            try:
                found += _find_ended_of(deployment, unread)
            except errors.AwsError as error:
                silent.add(deployment.environment_id)
                if not isinstance(error, errors.Throttled):
                    note_unreachable(deployment.environment, str(error))
    return found


def _find_ended_of(deployment: Deployment, unread: QuerySet[Execution]) -> int:
    ours = unread.filter(
        transaction__environment=deployment.environment, transaction__deployment__resource_arn=deployment.resource_arn
    )
    arns = set(ours.values_list("arn", flat=True)[:MOST])
    try:
        ended = arns - {execution.arn for execution in _listed(deployment, "RUNNING")}
    except errors.NotFound:
        # The machine was deleted: nothing of it is listed any more, and AWS is as reachable as before.
        return ours.filter(arn__in=arns).update(next_sync_at=timezone.now())
    found = ours.filter(arn__in=ended).update(next_sync_at=timezone.now())
    if found > SOON_READ:
        _tell_what_went_wrong(deployment, ended)
    return found


def _tell_what_went_wrong(deployment: Deployment, ended: set[str]) -> None:
    """More has ended than is read in a moment: what went wrong, as the newest page of each list says, is read first."""
    for status in WENT_WRONG:
        newest = {execution.arn for execution in islice(_listed(deployment, status), PAGE)}
        Execution.objects.filter(arn__in=newest & ended).update(status=status)


def _listed(deployment: Deployment, status: str) -> Iterator[stepfunctions.Execution]:
    return stepfunctions.list_executions(target_of(deployment.environment), deployment.resource_arn, status=status)


def mark_stuck() -> int:
    """Make visible what has not moved for two lease times; give how many were marked."""
    stuck = Transaction.objects.filter(standstill.unmarked()).values_list("pk", flat=True)
    rows = Transaction.objects.filter(status__in=OPEN, stuck_since__isnull=True)
    with transaction.atomic():
        pks = list(rows.select_for_update().filter(pk__in=list(stuck[:MOST])).values_list("pk", flat=True))
        since = Coalesce(standstill.since(), Now())
        Transaction.objects.filter(pk__in=pks).update(stuck_since=since, version=F("version") + 1)
        facts.tell_all(("transaction.stuck", str(pk), {}) for pk in pks)
    return len(pks)
