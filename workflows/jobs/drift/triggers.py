"""What calls a function as it is live: each trigger asked as a deployment asks, before it would change anything."""

from collections.abc import Iterator
from itertools import chain

from workflows import triggers
from workflows.aws import errors
from workflows.aws.clients import Target
from workflows.jobs.deployments.steps import NotYet, Refusal, Step
from workflows.jobs.deployments.triggers import steps_of
from workflows.jobs.drift.differences import Difference
from workflows.models import Deployment, FunctionRevision
from workflows.models.drift import NOT_SO
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
        try:
            live = None if step.is_so() is None else ""
        except errors.NotFound:  # what it hangs on is gone: the step before says so
            live = None
        except Refusal as refusal:
            live = refusal.cause
        except NotYet:
            if not differs:  # AWS is at it: it is compared again soon enough
                return
            live = None
        if live == "":
            continue
        differs = True
        yield Difference(step.name, known.get(step.name) or _as_defined(step), live or NOT_SO, is_acceptable=False)


def _as_defined(step: Step) -> str:
    return f"{step.name.rpartition(': ')[2]} as its definition says"
