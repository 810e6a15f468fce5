"""Asks for deployments. Only writes rows; workers carry them out."""

import contextlib

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from workflows import tasks
from workflows.doorbell import ring
from workflows.models import Deployment, Environment, FunctionRevision, User, WorkflowRevision
from workflows.services import activity
from workflows.services.access import require


class NotDeployable(Exception):
    """The revision has errors AWS would refuse it for, or the environment cannot run it."""


def request(revision: FunctionRevision | WorkflowRevision, environment: Environment, *, by: User | None) -> Deployment:
    """Ask for `revision` to be brought to `environment`; the same wish still open is given back, not doubled.

    Raises Forbidden, NotDeployable.
    """
    require(by, "workflows.deploy")
    subject = _subject_of(revision, environment)
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        is_open = Deployment.objects.filter(environment=environment, status__in=["requested", "running"], **subject)
        if already := is_open.first():
            return already
        deployment = Deployment.objects.create(
            environment=environment, requested_by=by, next_attempt_at=timezone.now(), **subject
        )
        activity.record(
            "deployment.request",
            deployment,
            by=by,
            after={"environment": environment.slug, "what": str(revision)},
        )
        ring(tasks.deploy)
    return deployment


def restore(environment: Environment, *, by: User | None) -> list[Deployment]:
    """Ask for what is live there to be deployed again; nothing changes where AWS still has it. Raises Forbidden.

    What is being deployed anyway is left to that, and what the environment cannot run any more is left out.
    """
    is_open = Deployment.objects.filter(
        Q(function=OuterRef("function")) | Q(workflow=OuterRef("workflow")),
        environment=environment,
        status__in=["requested", "running"],
    )
    live = Deployment.objects.filter(~Exists(is_open), environment=environment, is_live=True).order_by("pk")
    asked = []
    for deployment in live.select_related("function_revision__function", "workflow_revision__workflow"):
        with contextlib.suppress(NotDeployable):
            asked.append(request(deployment.revision, environment, by=by))
    return asked


def _subject_of(revision: FunctionRevision | WorkflowRevision, environment: Environment) -> dict[str, object]:
    if isinstance(revision, FunctionRevision):
        if refusal := environment.capabilities.runtime(revision.runtime).refusal:
            raise NotDeployable(refusal)
        return {"function": revision.function, "function_revision": revision}
    if revision.has_errors:
        raise NotDeployable("This revision has errors AWS would refuse it for; mend them and save it again.")
    return {"workflow": revision.workflow, "workflow_revision": revision}
