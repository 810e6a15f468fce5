"""Lets a revision stand for what AWS had when a function was imported: nothing is deployed, and all else looks there.

The row is a deployment like others (tests, logs, charts and comparisons go by the ARN of what is live), but for
`is_found`. The first deployment from here takes its place.
"""

from django.db.models import QuerySet
from django.utils import timezone

from workflows.models import Deployment, Environment, Function, FunctionRevision, User
from workflows.services import drift


def note(
    environment: Environment, revision: FunctionRevision, arn: str, role_arn: str, *, by: User | None
) -> Deployment | None:
    """What is live of a function is this, found under `arn`; None where something was deployed from here meanwhile."""
    live = of(environment, revision.function)
    if live.filter(is_found=False).exists():
        return None
    if same := live.filter(function_revision=revision, resource_arn=arn, role_arn=role_arn).first():
        return same
    live.update(is_live=False)
    now = timezone.now()
    row = Deployment.objects.create(
        environment=environment,
        function=revision.function,
        function_revision=revision,
        requested_by=by,
        status="succeeded",
        is_live=True,
        is_found=True,
        started_at=now,
        finished_at=now,
        resource_arn=arn,
        role_arn=role_arn,
    )
    drift.mark(environment, revision.function)
    return row


def of(environment: Environment, function: Function) -> QuerySet[Deployment]:
    """What is live of it there."""
    return Deployment.objects.filter(environment=environment, function=function, is_live=True)
