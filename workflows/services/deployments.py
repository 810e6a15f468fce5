"""Asks for deployments. Only writes rows; workers carry them out."""

import contextlib

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from workflows import tasks
from workflows.doorbell import ring
from workflows.models import Deployment, Environment, Function, FunctionRevision, User, WorkflowRevision
from workflows.services import activity, imports
from workflows.services.access import require

SHARES = range(1, 100)


class NotDeployable(Exception):
    """The revision has errors AWS would refuse it for, or the environment cannot run it; `field` of it is why."""

    def __init__(self, why: str, field: str = "") -> None:
        super().__init__(why)
        self.field = field


class Overtaken(NotDeployable):
    """Somebody else deploys, has just deployed, or deletes the same thing; says who and what, and `by` which row."""

    def __init__(self, why: str, by: Deployment | None) -> None:
        super().__init__(why)
        self.by = by


def request(
    revision: FunctionRevision | WorkflowRevision,
    environment: Environment,
    *,
    by: User | None,
    seen: str | None = None,
    share: int | None = None,
    is_look: bool = False,
) -> Deployment:
    """Ask for `revision` to be brought to `environment`; the same wish still open is given back, not doubled.

    With a `share` so many percent of a function's calls go to it, the others stay with what is live. Deploying it
    without ends that in its favour, deploying again what is live takes it back.

    `seen` is the id of the deployment that was live when the person decided, empty for none; None: not looked at.
    With `is_look` nothing is left of it where AWS turns out to have all of it, as the last deployment brought it there;
    what no deployment has brought there yet is asked for as any other, on the record.

    Raises Forbidden, NotDeployable, Overtaken.
    """
    require(by, "workflows.deploy")
    subject = _subject_of(revision, environment)
    if refusal := imports.refusal(revision, environment):
        raise NotDeployable(refusal)
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        _check_not_deleted(revision)
        is_look = is_look and Deployment.objects.filter(environment=environment, is_live=True, **subject).exists()
        is_open = Deployment.objects.filter(
            environment=environment, status__in=["requested", "running"], share=share, **subject
        )
        already = is_open.first()
        if already is not None and (is_look or not already.is_look or _take_up(already, by)):
            return already
        if by is not None:
            _check_not_overtaken(subject, environment, seen, by)
        if share is not None:
            _check_share(revision, environment, share)
        deployment = Deployment.objects.create(
            environment=environment,
            requested_by=by,
            next_attempt_at=timezone.now(),
            share=share,
            is_look=is_look,
            **subject,
        )
        if not is_look:
            _record(deployment, by)
        ring(tasks.deploy)
    return deployment


def _take_up(look: Deployment, by: User | None) -> bool:
    """Somebody wants what a start is looking for: it is theirs from now on. False where nothing is left of it."""
    look.is_look, look.requested_by = False, by
    if not Deployment.objects.filter(pk=look.pk, is_look=True).update(is_look=False, requested_by=by):
        return False
    _record(look, by)
    return True


def _record(deployment: Deployment, by: User | None) -> None:
    share = {"share": deployment.share} if deployment.share else {}
    after = {"environment": deployment.environment.slug, "what": str(deployment.revision), **share}
    activity.record("deployment.request", deployment, by=by, after=after)


def _check_not_deleted(revision: FunctionRevision | WorkflowRevision) -> None:
    """Raises NotDeployable; Overtaken while it is being deleted."""
    if isinstance(revision, WorkflowRevision):
        return
    rows = Deployment.objects.filter(function=revision.function_id, removes=True, status__in=["requested", "running"])
    if busy := rows.select_related("requested_by", "function", "environment").first():
        raise Overtaken(f"{busy.requested_by or 'Signalbox itself'} deletes {busy.function} at this moment.", busy)
    if Function.objects.filter(pk=revision.function_id, deleted_at__isnull=False).exists():
        raise NotDeployable(f"{revision.function} was deleted here. Restore it first, then deploy it.")


def _check_share(revision: FunctionRevision | WorkflowRevision, environment: Environment, share: int) -> None:
    """Raises NotDeployable."""
    if isinstance(revision, WorkflowRevision):
        raise NotDeployable(
            "Only a function's calls can be shared: a transaction is pinned to the version it began with.",
            "share",
        )
    if refusal := environment.capabilities.weighted_aliases.refusal:
        raise NotDeployable(refusal, "share")
    if share not in SHARES:
        raise NotDeployable("A share is 1 to 99 percent; without one all calls go to it.", "share")
    live = Deployment.objects.filter(environment=environment, function=revision.function, is_live=True).first()
    if live is None:
        raise NotDeployable(
            "Nothing is live there that calls could be shared with: deploy it without a share.", "share"
        )
    if live.is_found:
        raise NotDeployable("What is there was found, not deployed from here: deploy without a share first.", "share")
    if live.function_revision_id == revision.pk:
        raise NotDeployable(
            f"{revision} is what is live there: deploying it without a share takes a shift back.", "share"
        )


def _check_not_overtaken(subject: dict[str, object], environment: Environment, seen: str | None, by: User) -> None:
    """Of two people who deploy the same thing one wins, and the other is told. Raises Overtaken."""
    same = {name: value for name, value in subject.items() if not name.endswith("_revision")}
    rows = Deployment.objects.filter(environment=environment, **same).select_related("requested_by", *subject)
    if busy := rows.filter(status__in=["requested", "running"]).first():
        who = busy.requested_by or "Signalbox itself"
        told = f"{who} deploys {busy.revision} at this moment. Look at what comes of it, then decide again."
        raise Overtaken(told, busy)
    live = rows.filter(is_live=True).first()
    is_news = seen is not None and seen != (str(live.pk) if live else "")
    if is_news and not (live and live.requested_by == by):  # what they did themselves they know
        what = (
            f"{live.requested_by or 'Signalbox itself'} has deployed {live.revision}" if live else "It was taken away"
        )
        raise Overtaken(f"{what} since you looked. Nothing was deployed: look at what would change now.", live)


def restore(environment: Environment, *, by: User | None) -> list[Deployment]:
    """Ask for what is live there to be deployed again; nothing changes where AWS still has it. Raises Forbidden.

    What is being deployed anyway is left to that, and what the environment cannot run any more is left out.
    """
    is_open = Deployment.objects.filter(
        Q(function=OuterRef("function")) | Q(workflow=OuterRef("workflow")),
        environment=environment,
        status__in=["requested", "running"],
    )
    live = Deployment.objects.filter(~Exists(is_open), environment=environment, is_live=True, is_found=False)
    asked = []
    for deployment in live.order_by("pk").select_related("function_revision__function", "workflow_revision__workflow"):
        with contextlib.suppress(NotDeployable):
            asked.append(request(deployment.revision, environment, by=by, is_look=True))
    return asked


def _subject_of(revision: FunctionRevision | WorkflowRevision, environment: Environment) -> dict[str, object]:
    if isinstance(revision, FunctionRevision):
        can = environment.capabilities
        if (
            refusal := can.runtime(revision.runtime).refusal
            or can.layers(revision.layers, environment.account_id).refusal
        ):
            raise NotDeployable(refusal)
        return {"function": revision.function, "function_revision": revision}
    if revision.has_errors:
        raise NotDeployable(
            "This revision has errors AWS would refuse it for; mend them and save it again.", "revision"
        )
    return {"workflow": revision.workflow, "workflow_revision": revision}
