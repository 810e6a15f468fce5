"""PURE: something to send to a trigger that its own filter lets through, and where it is put."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.triggers.definitions import TriggerDefinition

MARK = "signalbox-test"  # what each test puts where it sends begins with it
ROUTE_VALUE = "1"  # in place of a variable in a route's path


def fitting(pattern: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest event that fits a pattern of plain values and prefixes; other conditions are taken as a text."""
    return {
        name: fitting(wanted) if isinstance(wanted, Mapping) else _value(wanted) for name, wanted in pattern.items()
    }


def message(trigger: TriggerDefinition) -> str:
    """The body of a message for a queue or topic, as text."""
    body = (trigger.settings.get("filter") or {}).get("body")
    if isinstance(body, list):
        return str(_value(body))
    return json.dumps(fitting(body) if isinstance(body, Mapping) else {MARK: True})


def item(trigger: TriggerDefinition) -> dict[str, Any]:
    """The attributes that the filter of a table's stream asks of the item as it is now, without its id."""
    image = (trigger.settings.get("filter") or {}).get("dynamodb", {})
    image = image.get("NewImage", {}) if isinstance(image, Mapping) else {}
    asked = fitting(image) if isinstance(image, Mapping) else {}
    return {name: _plain(value) for name, value in asked.items() if name != "id"}


def _plain(typed: Any) -> Any:
    """A value as it is written in JSON: a stream has it beneath its type, and its numbers as text."""
    if not isinstance(typed, Mapping) or len(typed) != 1:
        return MARK
    [(kind, value)] = typed.items()
    if kind == "N":
        return json.loads(str(value)) if re.fullmatch(r"-?\d+(\.\d+)?", str(value)) else 0
    return {name: _plain(one) for name, one in value.items()} if kind == "M" and isinstance(value, Mapping) else value


def attributes(trigger: TriggerDefinition) -> dict[str, str]:
    """The attributes that a topic's filter policy asks for."""
    return {name: str(value) for name, value in fitting(trigger.settings.get("filter_policy") or {}).items()}


def object_key(trigger: TriggerDefinition, mark: str) -> str:
    """The name of an object that a bucket's notification is about."""
    return f"{trigger.settings.get('prefix', '')}{mark}{trigger.settings.get('suffix', '')}"


def _value(wanted: Any) -> Any:
    first = wanted[0] if isinstance(wanted, list) and wanted else wanted
    if isinstance(first, Mapping) and "numeric" in first:
        return _number(first["numeric"])
    if isinstance(first, Mapping):
        return first.get("prefix") or first.get("suffix") or first.get("equals-ignore-case") or MARK
    return first


def _number(bounds: Any) -> Any:
    """A number within bounds such as [">", 0, "<=", 5]."""
    given = dict(zip(bounds[::2], bounds[1::2], strict=False)) if isinstance(bounds, list) else {}
    if "=" in given:
        return given["="]
    low, high = given.get(">=", given.get(">")), given.get("<=", given.get("<"))
    if low is not None and high is not None:
        return (low + high) / 2
    return low + 1 if low is not None else high - 1 if high is not None else 0


def tick(trigger: TriggerDefinition, account_id: str, region: str, at: datetime, mark: str = MARK) -> str:
    """What a clock hands over, as text: the input of its own, else the event that EventBridge makes of a tick."""
    given = trigger.settings.get("input")
    event = {
        "version": "0",
        "id": mark,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account_id,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [],
        "detail": {},
    }
    return json.dumps(event if given is None else given)


def filled(url: str) -> str:
    """An address with a value in place of each variable of its path."""
    return re.sub(r"\{[^}]*\}", ROUTE_VALUE, url)


@dataclass(frozen=True, slots=True)
class Event:
    """An event for a bus; `detail` is JSON text."""

    source: str
    kind: str
    detail: str


def event(trigger: TriggerDefinition) -> Event:
    """An event that a rule's pattern fits."""
    found = fitting(trigger.settings["pattern"])
    detail = found.get("detail", {})
    kind = found.get("detail-type", MARK)
    return Event(str(found.get("source", MARK)), str(kind), json.dumps(detail if isinstance(detail, dict) else {}))
