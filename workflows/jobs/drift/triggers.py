"""What calls a function as it is live: each trigger asked as a deployment asks, before it would change anything."""

from collections.abc import Iterator
from itertools import chain

from workflows import triggers
from workflows.aws import errors
from workflows.aws.clients import Target
from workflows.jobs.deployments.steps import GONE, NotYet, Refusal, Step
from workflows.jobs.deployments.triggers import steps_of
from workflows.jobs.drift.differences import Difference, compared
from workflows.models import Deployment, FunctionRevision
from workflows.models.drift import DELETED, NOT_SO
from workflows.triggers import TriggerDefinition


def of_triggers(deployment: Deployment, revision: FunctionRevision, target: Target) -> Iterator[Difference]:
    """What of the triggers is not as it was deployed; deploying again puts it right. Raises AwsError."""
    known = dict(deployment.steps.values_list("name", "detail"))
    for one in triggers.read_all(revision.triggers):
        yield from _of_one(deployment, one, target, known)


def _of_one(
    deployment: Deployment, wanted: TriggerDefinition, target: Target, known: dict[str, str]
) -> Iterator[Difference]:
    differs = False
    steps = steps_of(deployment, target, wanted)
    for step in chain(steps.sources(), steps.steps()):
        deployed = known.get(step.name) or f"{step.name.rpartition(': ')[2]} as its definition says"
        try:
            found = list(_of_step(step, deployed))
        except errors.NotFound:  # what it hangs on is gone: the step before says so
            found = [_difference(step.name, deployed, DELETED)]
        except Refusal as refusal:
            found = [_difference(step.name, deployed, refusal.cause)]
        except NotYet:
            if not differs:  # AWS is at it: it is compared again soon enough
                return
            found = [_difference(step.name, deployed, DELETED)]
        differs = differs or bool(found)
        yield from found


def _of_step(step: Step, deployed: str) -> Iterator[Difference]:
    if step.is_so() is not None:
        return
    sides = step.sides() if step.sides else GONE
    if sides.live is None:
        yield _difference(step.name, deployed, DELETED)
        return
    found = list(compared(sides.wanted, sides.live))
    for one in found:
        yield _difference(f"{step.name}, {one.field}", one.deployed, one.live)
    if not found:
        yield _difference(step.name, deployed, NOT_SO)


def _difference(field: str, deployed: str, live: str) -> Difference:
    return Difference(field, deployed, live, is_acceptable=False)
