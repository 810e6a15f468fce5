"""What calls a function that is imported: what of it is taken over as a trigger, and in words what is not, and why.

Only what Lambda itself reads can be taken over without a second link beside it: AWS lets a mapping be led to the alias
in place. A notification, a subscription, a rule or a route stands in the other service, among those of others.
"""

from dataclasses import dataclass
from typing import Any

from workflows import triggers
from workflows.aws import errors, event_sources, resource_policies
from workflows.aws.clients import Target
from workflows.aws.event_sources import SourceMapping
from workflows.policies import Place
from workflows.triggers import TriggerDefinition, TriggerProblem

IS_OFF = "it is switched off there"
ELSEWHERE = "Signalbox has triggers for queues and tables of this account and region alone"


@dataclass(frozen=True, slots=True)
class Callers:
    """`left` are sentences."""

    taken: tuple[TriggerDefinition, ...] = ()
    left: tuple[str, ...] = ()


def callers_of(target: Target, arn: str, place: Place, *, adopts: bool) -> Callers:
    """What calls a function; nothing is taken of one that stays somebody else's. Raises AwsError."""
    try:
        mappings = event_sources.list_all(target, arn)
        grants = resource_policies.list_grants(target, arn, None)
    except errors.Denied as error:
        return Callers(left=(f"What calls it could not be read: {error.operation} is not allowed",))
    read = [(one, *_read(one, arn, place)) for one in mappings]
    keys = [trigger.key for _, trigger, _ in read if trigger]
    taken, left = [], []
    for one, trigger, why in read:
        if adopts and trigger and keys.count(trigger.key) == 1:
            taken.append(trigger)
        else:
            because = f": {why or 'two of them read the same'}" if adopts else ""
            left.append(f"It is handed what is found in {one.source_arn or 'a source outside AWS'}{because}")
    return Callers(tuple(taken), (*left, *map(str, grants)))


def _read(one: SourceMapping, arn: str, place: Place) -> tuple[TriggerDefinition | None, str]:
    """A mapping as a trigger; or why no trigger says what it is."""
    if one.function_arn != arn:
        return None, "it leads to an alias or a version"
    if not one.is_enabled:
        return None, IS_OFF
    if one.filters > 1:
        return None, f"it has {one.filters} filters, a trigger one"
    service, name = (one.source_arn.split(":", 5) + [""] * 6)[2], one.source_arn.rpartition(":")[2]
    given: dict[str, Any] = {"batch_size": one.wanted.batch_size}
    if one.wanted.pattern:
        given["filter"] = one.wanted.pattern
    if service == "sqs":
        given |= {"type": "sqs", "queue": name, "batch_window": one.wanted.window_s}
    elif service == "dynamodb":
        name = one.source_arn.split(":", 5)[5].split("/")[1]
        given |= {"type": "dynamodb", "table": name, "start": one.wanted.start}
        if one.wanted.window_s:
            return None, "it gathers records for a while, which a trigger of a table does not"
    else:
        return None, ELSEWHERE
    try:
        trigger = triggers.read(given)
    except TriggerProblem as problem:
        return None, f"as a trigger it would not do: {problem}"
    source = triggers.source_arn(trigger, place)
    if one.source_arn != source and not one.source_arn.startswith(f"{source}/stream/"):
        return None, ELSEWHERE
    return trigger, ""
