"""EventBridge: rules that call a function when an event fits their pattern, or by the clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.aws.clients import Target, calling, client
from workflows.aws.errors import NotFound

TARGET_ID = "signalbox"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule reacts to, while it is switched on: events that fit a pattern, or a schedule."""

    name: str
    bus: str = "default"
    pattern: Mapping[str, Any] | None = None
    schedule: str = ""
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Called:
    """The function a rule calls, and what it is given (None: the event)."""

    function_arn: str
    input: Mapping[str, Any] | None


def get_rule(target: Target, name: str, bus: str) -> tuple[Rule, dict[str, str]] | None:
    """A rule with its tags; None when there is none."""
    events = client(target, "events")
    try:
        with calling("events:DescribeRule"):
            found = events.describe_rule(Name=name, EventBusName=bus)
        with calling("events:ListTagsForResource"):
            tags = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
    except NotFound:
        return None
    pattern = json.loads(found["EventPattern"]) if found.get("EventPattern") else None
    rule = Rule(name, bus, pattern, found.get("ScheduleExpression", ""), found.get("State") != "DISABLED")
    return rule, {tag["Key"]: tag["Value"] for tag in tags}


def has_bus(target: Target, name: str) -> bool:
    """Whether there is an event bus of this name; every account has its default one."""
    if name == "default":
        return True
    try:
        with calling("events:DescribeEventBus"):
            client(target, "events").describe_event_bus(Name=name)
    except NotFound:
        return False
    return True


def put_rule(target: Target, rule: Rule, tags: Mapping[str, str]) -> None:
    """Make or change a rule. NotFound: there is no such bus."""
    reacts = {"EventPattern": json.dumps(rule.pattern)} if rule.pattern else {"ScheduleExpression": rule.schedule}
    # AWS takes tags with a new rule only.
    rows = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
    with calling("events:PutRule"):
        client(target, "events").put_rule(Name=rule.name, EventBusName=rule.bus, State="ENABLED", **reacts, **rows)


def get_called(target: Target, name: str, bus: str) -> Called | None:
    """What a rule of ours calls, or None."""
    with calling("events:ListTargetsByRule"):
        found = client(target, "events").list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
    for row in found:
        if row["Id"] == TARGET_ID:
            return Called(row["Arn"], json.loads(row["Input"]) if row.get("Input") else None)
    return None


def put_called(target: Target, name: str, bus: str, called: Called) -> None:
    """Let a rule call a function."""
    row = {"Id": TARGET_ID, "Arn": called.function_arn}
    given = {"Input": json.dumps(called.input)} if called.input is not None else {}
    with calling("events:PutTargets"):
        client(target, "events").put_targets(Rule=name, EventBusName=bus, Targets=[row | given])


def delete_rule(target: Target, name: str, bus: str) -> None:
    """Do away with a rule and what it calls; nothing where there is none."""
    events = client(target, "events")
    try:
        with calling("events:RemoveTargets"):
            events.remove_targets(Rule=name, EventBusName=bus, Ids=[TARGET_ID])
        with calling("events:DeleteRule"):
            events.delete_rule(Name=name, EventBusName=bus)
    except NotFound:
        return


def put_event(target: Target, bus: str, source: str, kind: str, detail: str) -> str:
    """Tell a bus of something (`detail` is JSON text); give the event's id. Transient: the bus did not take it."""
    with calling("events:PutEvents"):
        answer = client(target, "events", "ONCE").put_events(
            Entries=[{"EventBusName": bus, "Source": source, "DetailType": kind, "Detail": detail}]
        )
    return str(answer["Entries"][0].get("EventId", ""))
