"""PURE: what a trigger of each type is tested with: what it is called, a default, and what cannot be sent."""

import json
from typing import Any

from workflows.inputs import InputProblem
from workflows.inputs.reading import read
from workflows.triggers import samples
from workflows.triggers.definitions import TriggerDefinition

LARGEST = 262_144  # bytes, as SQS, SNS and EventBridge take; ours for what goes to a bucket or a route
LONGEST_QUERY = 4_000  # characters: the address with it is taken by every server
WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS", "ANY")  # ANY is tried with GET
LABELS = {
    "s3": "Content of the object",
    "sqs": "Message",
    "sns": "Message",
    "dynamodb": "Item, without its id",
    "eventbridge": "Detail of the event",
}


def label(trigger: TriggerDefinition) -> str:
    """What it is tested with, in words; empty for a clock, to which nothing is sent."""
    if trigger.type == "http":
        return "Query" if has_query(trigger) else "Body"
    return LABELS.get(trigger.type, "")


def has_query(trigger: TriggerDefinition) -> bool:
    """Whether a route is tried with a query rather than a body."""
    return trigger.settings["method"] in WITHOUT_BODY


def default(trigger: TriggerDefinition) -> str:
    """What is sent where nobody says otherwise: its filter lets it through."""
    if trigger.type in ("sqs", "sns"):
        return samples.message(trigger)
    if trigger.type == "dynamodb":
        return json.dumps(samples.item(trigger) or {"text": samples.MARK})
    if trigger.type == "eventbridge":
        return samples.event(trigger).detail
    return samples.MARK if trigger.type == "s3" else ""


def problem(trigger: TriggerDefinition, payload: str) -> str:
    """Why this cannot be sent to it, a sentence; empty where it can."""
    if not label(trigger):
        return "A clock sends what its definition says: there is nothing to give."
    if any((ord(letter) < 32 and letter not in "\t\n\r") or "\ud800" <= letter <= "\udfff" for letter in payload):
        return "This holds a control character or half a character, which cannot be sent."
    if (size := len(payload.encode())) > LARGEST:
        return f"This has {size:,} bytes; at most {LARGEST:,} are sent."
    if trigger.type == "http":
        return _of_query(payload) if has_query(trigger) else ""
    if trigger.type in ("sqs", "sns"):
        return "" if payload else "A message is not empty."
    return _of_object(trigger, payload) if trigger.type in ("dynamodb", "eventbridge") else ""


def _of_query(payload: str) -> str:
    if len(payload) > LONGEST_QUERY:
        return f"This has {len(payload):,} characters; an address takes {LONGEST_QUERY:,}."
    if any(letter.isspace() or letter == "#" for letter in payload):
        return "A query has no blanks, line breaks or “#”: name=value&name=value, with %20 for a blank."
    return ""


def _of_object(trigger: TriggerDefinition, payload: str) -> str:
    try:
        found: Any = read(payload)
    except InputProblem as wrong:
        return f"This is not JSON: {wrong.message}"
    if not isinstance(found, dict):
        return "A JSON object is wanted."
    if trigger.type == "dynamodb" and "id" in found:
        return f"The item's id begins with {samples.MARK}, so that it can be taken out again: leave id away."
    return ""
