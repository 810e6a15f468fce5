"""What calls a function as it is live: each trigger asked as a deployment asks, before it would change anything."""

from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from workflows import triggers
from workflows.aws import errors
from workflows.aws.clients import Target
from workflows.jobs.deployments.steps import GONE, NotYet, Refusal, Step
from workflows.jobs.deployments.triggers import steps_of
from workflows.jobs.drift.differences import Difference, compared
from workflows.models import Deployment, FunctionRevision
from workflows.models.drift import DELETED, NOT_SO
from workflows.triggers import TriggerDefinition


@dataclass(frozen=True, slots=True)
class LiveTrigger:
    """What differs of one trigger, and the definition it would have were that taken, as far as one can say it."""

    definition: TriggerDefinition
    differences: tuple[Difference, ...]


def look_at_triggers(deployment: Deployment, revision: FunctionRevision, target: Target) -> tuple[LiveTrigger, ...]:
    """What of the triggers is not as it was deployed; deploying again puts it right. Raises AwsError."""
    known = dict(deployment.steps.values_list("name", "detail"))
    return tuple(_look_at(deployment, one, target, known) for one in triggers.read_all(revision.triggers))


def _look_at(deployment: Deployment, wanted: TriggerDefinition, target: Target, known: dict[str, str]) -> LiveTrigger:
    found: list[Difference] = []
    settings: dict[str, Any] = dict(wanted.settings)
    steps = steps_of(deployment, target, wanted)
    for step in chain(steps.sources(), steps.steps()):
        deployed = known.get(step.name) or f"{step.name.rpartition(': ')[2]} as its definition says"
        try:
            found += _of_step(step, deployed, settings)
        except errors.NotFound:  # what it hangs on is gone: the step before says so
            found.append(_difference(step.name, deployed, DELETED))
        except Refusal as refusal:
            found.append(_difference(step.name, deployed, refusal.cause))
        except NotYet:
            if not found:  # AWS is at it: it is compared again soon enough
                break
            found.append(_difference(step.name, deployed, DELETED))
    taken = {name: value for name, value in settings.items() if value is not None}
    return LiveTrigger(replace(wanted, settings=taken), tuple(found))


def _of_step(step: Step, deployed: str, settings: dict[str, Any]) -> list[Difference]:
    """What differs; what a definition can say of it goes into `settings`."""
    if step.is_so() is not None:
        return []
    sides = step.sides() if step.sides else GONE
    if sides.live is None:
        return [_difference(step.name, deployed, DELETED)]
    found = list(compared(sides.wanted, sides.live))
    settings.update(sides.settings[one.field] for one in found if one.field in sides.settings)
    return [
        Difference(f"{step.name}, {one.field}", one.deployed, one.live, is_acceptable=one.field in sides.settings)
        for one in found
    ] or [_difference(step.name, deployed, NOT_SO)]


def _difference(field: str, deployed: str, live: str) -> Difference:
    return Difference(field, deployed, live, is_acceptable=False)
