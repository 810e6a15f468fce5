"""The steps that set up what calls a function, and take away what shall call it no more."""

from collections.abc import Iterator, Mapping

from django.db.models import QuerySet
from django.utils import timezone

from workflows import triggers
from workflows.aws.clients import Target
from workflows.jobs.deployments.steps import Refusal, Step
from workflows.jobs.deployments.triggers.bases import AWAY, TriggerSteps
from workflows.jobs.deployments.triggers.buckets import BucketSteps
from workflows.jobs.deployments.triggers.http import HttpSteps
from workflows.jobs.deployments.triggers.queues import QueueSteps
from workflows.jobs.deployments.triggers.rules import RuleSteps
from workflows.jobs.deployments.triggers.tables import TableSteps
from workflows.jobs.deployments.triggers.topics import TopicSteps
from workflows.models import Deployment, DeploymentStep, Trigger
from workflows.places import place_of
from workflows.policies import ALIAS, Place
from workflows.services import sole_triggers
from workflows.triggers import TriggerDefinition

KINDS: Mapping[str, type[TriggerSteps]] = {
    "http": HttpSteps,
    "s3": BucketSteps,
    "sqs": QueueSteps,
    "sns": TopicSteps,
    "dynamodb": TableSteps,
    "eventbridge": RuleSteps,
    "schedule": RuleSteps,
}


def source_steps(deployment: Deployment, target: Target) -> Iterator[Step]:
    """The sources of what calls it: what is missing is made."""
    for one in _wanted(deployment):
        yield from steps_of(deployment, target, one).sources()


def check_steps(deployment: Deployment, target: Target) -> Iterator[Step]:
    """Before anything is changed: whether what shall call it can. No step where nothing is to."""

    def can() -> str:
        for one in wanted:
            _check_not_taken(deployment, one)
            steps_of(deployment, target, one).check()
        return "What is to be there already is there"

    if wanted := _wanted(deployment):
        yield Step("Sources of its triggers", can, lambda: "")


def trigger_steps(deployment: Deployment, target: Target) -> Iterator[Step]:
    """What the revision says, then away with what it says no longer; each leaves its row.

    In this order what comes meanwhile is not lost. Only what a new one would find in its place goes before it.
    """
    wanted = _wanted(deployment)
    keys, place = {one.key for one in wanted}, place_of(deployment.environment)
    leaving = [triggers.read(row.definition) for row in _rows(deployment) if row.key not in keys]
    first = [one for one in leaving if any(_is_in_the_way(one, other, place) for other in wanted)]
    for one in first:
        yield from steps_of(deployment, target, one).away()
    for one in wanted:
        yield from steps_of(deployment, target, one).steps()
    for one in leaving:
        if one not in first:
            yield from steps_of(deployment, target, one).away()


def _is_in_the_way(leaving: TriggerDefinition, wanted: TriggerDefinition, place: Place) -> bool:
    """Whether both would be one thing in AWS. A bucket's notifications are exchanged in one call."""
    if leaving.type == "http":
        return leaving.sole("") == wanted.sole("")
    if leaving.type == "s3" or wanted.type in ("http", "s3"):
        return False
    return triggers.source_arn(leaving, place) == triggers.source_arn(wanted, place)


def note_live(deployment: Deployment) -> None:
    """The deployment succeeded: all its triggers are as they were wanted."""
    if deployment.function_revision:
        _rows(deployment).update(status="live", problem="", verified_at=timezone.now())


def note_failed(deployment: Deployment, problem: str) -> None:
    """The deployment failed: what was set up by then is; what it failed at says why, what it did not come to, that."""
    if not deployment.function_revision:
        return
    failed = deployment.steps.filter(status="failed").first()
    wanted = _wanted(deployment)
    is_going = failed is not None and failed.name.endswith(AWAY)
    at = next((one for one in wanted if failed and not is_going and failed.name.startswith(_begin(one))), None)
    done = _done_before(failed, wanted, at)
    pending = _rows(deployment).filter(status="pending")
    pending.filter(key__in=[one.key for one in done]).update(status="live", problem="", verified_at=timezone.now())
    if at is not None:
        pending.filter(key=at.key).update(status="failed", problem=problem)
    pending.update(status="failed", problem=f"The deployment failed before it came to this: {problem}")


def _done_before(
    failed: DeploymentStep | None, wanted: tuple[TriggerDefinition, ...], at: TriggerDefinition | None
) -> tuple[TriggerDefinition, ...]:
    """The triggers all of whose steps were carried out: they come one after the other behind the alias."""
    if failed is None:
        return ()
    steps = DeploymentStep.objects.filter(deployment=failed.deployment_id, position__lt=failed.position)
    alias = steps.filter(name=f"Alias {ALIAS}").first()
    if alias is None:
        return ()
    if not failed.name.endswith(AWAY):
        return wanted if at is None else wanted[: wanted.index(at)]
    # What goes goes after them, but for what was in their way.
    names = tuple(steps.filter(position__gt=alias.position).exclude(name__endswith=AWAY).values_list("name", flat=True))
    return tuple(one for one in wanted if any(name.startswith(_begin(one)) for name in names))


def _begin(trigger: TriggerDefinition) -> str:
    return f"{trigger.title}: "[:80]


def steps_of(deployment: Deployment, target: Target, wanted: TriggerDefinition) -> TriggerSteps:
    """The steps of one trigger, not carried out yet."""
    return KINDS[wanted.type](deployment, target, wanted)


def _check_not_taken(deployment: Deployment, wanted: TriggerDefinition) -> None:
    assert deployment.function is not None  # noqa: S101 - by the caller's choice of steps
    if taken := sole_triggers.taken(wanted, deployment.function.name, deployment.environment):
        advice = "Give one of the two another name, path or filter, or take the other one away first."
        raise Refusal("TriggerTaken", f"{taken[:1].upper()}{taken[1:]}.", advice)
    if moved := sole_triggers.moved(wanted, deployment.function, deployment.environment):
        raise Refusal("TriggerMoved", f"{moved}.", sole_triggers.MOVE)


def _wanted(deployment: Deployment) -> tuple[TriggerDefinition, ...]:
    revision = deployment.function_revision
    return triggers.read_all(revision.triggers) if revision else ()


def _rows(deployment: Deployment) -> QuerySet[Trigger]:
    return Trigger.objects.filter(environment=deployment.environment, function=deployment.function)
