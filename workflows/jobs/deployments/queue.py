"""Takes deployments that are due, one at a time for each thing deployed, and writes down how each ended."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from workflows import worker_policy
from workflows.aws import errors, sts
from workflows.claims import LeaseLost, claim_due, release
from workflows.jobs.deployments.functions import function_steps
from workflows.jobs.deployments.machines import machine_steps
from workflows.jobs.deployments.moves import move_back
from workflows.jobs.deployments.removals import note_removed, removal_steps
from workflows.jobs.deployments.steps import NotShown, NotYet, Refusal, Step, carry_out
from workflows.jobs.deployments.triggers import note_failed, note_live
from workflows.jobs.targets import note_reached, note_unreachable, target_of
from workflows.models import Deployment
from workflows.services import drift, facts

log = structlog.get_logger(__name__)

SOON = timedelta(seconds=1)
LATER = timedelta(seconds=5)
TO_APPEAR = timedelta(minutes=1)
OUR_FAULT = "This is a fault in Signalbox; the worker's log has the details."
ADVICE = {
    errors.Invalid: "AWS does not accept this content: mend it, save it as a new revision and deploy that.",
    errors.Conflict: "The name is taken, or somebody changes it just now: look at it in AWS, then deploy again.",
    errors.NotFound: "Something this needs is not in AWS: deploy what it names first, then deploy again.",
}


def drain() -> int:
    """Carry out whatever is due; give how many were tried."""
    tried = 0
    while (deployment := _claim()) is not None:
        _attempt(deployment)
        tried += 1
    return tried


def _claim() -> Deployment | None:
    """The oldest that is due and has no older one open for the same thing: deployments of one thing take turns."""
    earlier = Deployment.objects.filter(
        Q(function=OuterRef("function")) | Q(workflow=OuterRef("workflow")),
        environment=OuterRef("environment"),
        status__in=["requested", "running"],
        pk__lt=OuterRef("pk"),
    )
    due = Deployment.objects.filter(
        ~Exists(earlier), status__in=["requested", "running"], next_attempt_at__lte=timezone.now()
    ).order_by("next_attempt_at")
    related = ("environment", "function_revision__function", "workflow_revision__workflow", "requested_by")
    rows = claim_due(due, 1, *related, status="running", attempts=F("attempts") + 1)
    if not rows:
        return None
    (deployment,) = rows
    if deployment.started_at is None:
        deployment.started_at = timezone.now()
        deployment.save(update_fields=["started_at"])
    return deployment


def _attempt(deployment: Deployment) -> None:
    try:
        _learn_account(deployment)
        carry_out(deployment, _steps_of(deployment))
        _succeed(deployment)
    except LeaseLost:
        log.warning("deployment.lease_lost", deployment=deployment.pk)
    except NotShown as differs:
        if _is_young(deployment):
            _try_again(deployment, SOON)
            return
        _fail(
            deployment, "ReadBackDiffers", str(differs), "Look whether somebody changes it in AWS, then deploy again."
        )
    except NotYet:
        _try_again(deployment, SOON)
    except errors.Throttled:
        _try_again(deployment, SOON)
    except errors.Transient as error:
        note_unreachable(deployment.environment, str(error))
        _try_again(deployment, LATER, waiting=True)
    except errors.Unknown:
        _try_again(deployment, SOON)  # asking "is it already so?" tells what became of it
    except Refusal as refusal:
        _fail(deployment, refusal.error, refusal.cause, refusal.advice)
    except errors.AwsError as error:
        if isinstance(error, errors.NotFound | errors.Conflict) and _is_young(deployment):
            _try_again(deployment, SOON)
            return
        _fail(deployment, error.code, error.message, _advice(error))
    except Exception as error:
        log.exception("deployment.failed", deployment=deployment.pk)
        _fail(deployment, type(error).__name__, str(error), OUR_FAULT)


def _advice(error: errors.AwsError) -> str:
    """What to do; where something is not allowed, what has to be: AWS does not always name it."""
    if not isinstance(error, errors.Denied):
        return ADVICE[type(error)]
    actions = worker_policy.actions_of(error.operation)
    return f"Give the environment's role {', '.join(actions)}, which {error.operation} needs, then deploy again."


def _is_young(deployment: Deployment) -> bool:
    """What was made a moment ago, perhaps by a call whose answer was lost, is not seen everywhere in AWS yet."""
    return deployment.started_at is not None and timezone.now() - deployment.started_at < TO_APPEAR


def _learn_account(deployment: Deployment) -> None:
    """The account is part of every ARN; AWS is asked for it once for each environment."""
    environment = deployment.environment
    if not environment.account_id:
        environment.account_id = sts.account_id(target_of(environment, by=deployment.requested_by))
        environment.save(update_fields=["account_id"])


def _steps_of(deployment: Deployment) -> list[Step]:
    if deployment.removes:
        return removal_steps(deployment)
    steps: Callable[[Deployment], list[Step]] = function_steps if deployment.function_revision else machine_steps
    return steps(deployment)


def _try_again(deployment: Deployment, wait: timedelta, *, waiting: bool = False) -> None:
    now = timezone.now()
    since = (deployment.waiting_since or now) if waiting else None
    release(deployment, status="requested", next_attempt_at=now + wait, waiting_since=since)


def _fail(deployment: Deployment, error: str, cause: str, advice: str) -> None:
    try:
        outcome = move_back(deployment)
    except LeaseLost:
        log.warning("deployment.lease_lost", deployment=deployment.pk)
        return
    if deployment.removes:
        advice = advice.replace("deploy again", "delete it again")
    told = {"error": error[:100], "cause": cause, "advice": advice, "outcome": outcome}
    with transaction.atomic():
        over = {"finished_at": timezone.now(), "next_attempt_at": None, "waiting_since": None}
        if not release(deployment, status="failed", **told, **over):
            return
        if not deployment.removes:  # nobody is told of what goes: what hooks hear of is what was to come
            note_failed(deployment, cause)
            what = {"what": str(deployment.revision), "error": error}
            facts.tell("deployment.failed", str(deployment.pk), what | ({"outcome": outcome} if outcome else {}))


def _succeed(deployment: Deployment) -> None:
    """Make it the live one: from this moment on submissions are pinned to it. One with a share is not live yet."""
    if deployment.removes:
        _succeed_removing(deployment)
        return
    same = Deployment.objects.filter(environment=deployment.environment)
    same = same.filter(function=deployment.function, workflow=deployment.workflow)
    if deployment.is_look and _forget(deployment, same.filter(is_live=True).first()):
        return
    with transaction.atomic():
        is_shared = deployment.share is not None
        if not is_shared:
            same.filter(is_live=True).exclude(pk=deployment.pk).update(is_live=False)
        learnt = {
            name: getattr(deployment, name)
            for name in ("role_arn", "policy", "resource_arn", "version_arn", "definition")
        }
        over = {"finished_at": timezone.now(), "next_attempt_at": None, "waiting_since": None}
        if not release(deployment, status="succeeded", is_live=not is_shared, **learnt, **over):
            raise LeaseLost
        if not is_shared:
            note_live(deployment)
            drift.note_deployed(deployment)
        _repin(same.filter(status="succeeded").exclude(pk=deployment.pk), deployment)
        facts.tell("deployment.succeeded", str(deployment.pk), {"what": str(deployment.revision)})
    note_reached([deployment.environment])


def _forget(deployment: Deployment, live: Deployment | None) -> bool:
    """Leave nothing of a look that found everything as what is live brought it there; False where it is to be kept."""
    if live is None or live.revision.pk != deployment.revision.pk or live.version_arn != deployment.version_arn:
        return False
    if deployment.steps.exclude(status="already_so").exists():
        return False
    with transaction.atomic():
        own = Deployment.objects.filter(pk=deployment.pk, claim=deployment.claim)
        if not own.filter(is_look=True).delete()[0]:
            if own.exists():  # somebody has asked for the same meanwhile
                return False
            raise LeaseLost
        note_live(live)
        drift.note_deployed(live)
    note_reached([deployment.environment])
    return True


def _succeed_removing(deployment: Deployment) -> None:
    """Nothing is live there any more; where that was the last environment the function is deleted here too."""
    with transaction.atomic():
        over = {"finished_at": timezone.now(), "next_attempt_at": None, "waiting_since": None}
        if not release(deployment, status="succeeded", **over):
            raise LeaseLost
        note_removed(deployment)
    note_reached([deployment.environment])


def _repin(earlier: QuerySet[Deployment], deployment: Deployment) -> None:
    """Where AWS has lost a state machine, its versions count from 1 again, and a number may mean another revision now.

    What was accepted for the same content runs the version that holds it; what was accepted for a version that holds
    something else by now has none any more, and is not started.
    """
    if deployment.workflow_id is None:
        return
    is_same = Q(definition=deployment.definition)
    earlier.filter(is_same).exclude(version_arn=deployment.version_arn).update(version_arn=deployment.version_arn)
    earlier.filter(~is_same, version_arn=deployment.version_arn).update(version_arn="")
