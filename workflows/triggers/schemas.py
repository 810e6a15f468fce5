"""PURE: what each type of trigger is set up with, as JSON Schema: it checks definitions, and makes the form."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")
OBJECT_EVENTS = (
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectTagging:*",
)


def schema_of(type: str) -> str:
    """The JSON Schema of a type's settings, as text. Raises KeyError for a type that is not known."""
    return _texts()[type]


def form_schema_of(type: str) -> str:
    """The same for a form: what is chosen from few has a choice made already, so that none need be left out."""
    return _form_texts()[type]


@cache
def _texts() -> Mapping[str, str]:
    return {name: json.dumps(_closed(*parts)) for name, parts in _SETTINGS.items()}


@cache
def _form_texts() -> Mapping[str, str]:
    return {name: json.dumps(_closed(parts, [*needed, *_chosen(parts)])) for name, (parts, needed) in _SETTINGS.items()}


def _chosen(properties: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        name for name, one in properties.items() if "default" in one and ("enum" in one or one["type"] == "boolean")
    ]


def _closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _text(title: str, pattern: str, wanted: str, description: str = "", **more: Any) -> dict[str, Any]:
    """`wanted` is said of what does not fit the pattern."""
    words = {"description": description, "errorMessage": {"pattern": wanted}}
    return {"type": "string", "title": title, "pattern": f"^{pattern}$"} | words | more


def _number(title: str, least: int, most: int, default: int, description: str = "") -> dict[str, Any]:
    bounds = {"minimum": least, "maximum": most, "default": default}
    return {"type": "integer", "title": title, "description": description} | bounds


_CREATE = {
    "type": "boolean",
    "title": "Make it here",
    "default": False,
    "description": "Its name then gets the environment's prefix, and it goes again with the trigger once it is empty.",
}
_RULE = _text(
    "Name",
    "[A-Za-z0-9._-]{1,40}",
    "A rule's name has letters, digits and . _ -, at most 40, such as nightly-report.",
    "Of the rule in AWS; it gets the environment's prefix.",
)


def _object(title: str, example: str, description: str, **more: Any) -> dict[str, Any]:
    wanted = f"This is no JSON object, such as {example}."
    return {"type": "object", "title": title, "description": description, "errorMessage": {"type": wanted}} | more


_SETTINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "http": (
        {
            "method": {"enum": list(METHODS), "title": "Method", "default": "GET"},
            "path": _text(
                "Path",
                r"/[A-Za-z0-9._~{}+/-]*",
                "A path begins with / and has letters, digits and . _ ~ + -, such as /orders or /orders/{id}.",
                "Such as /orders or /orders/{id}; {rest+} at its end stands for all that follows.",
                maxLength=200,
                examples=["/orders"],
            ),
            "api": _text(
                "API",
                "[A-Za-z0-9_-]{1,40}",
                "An API's name has letters, digits, - and _, at most 40, such as shop.",
                "Shared by all that name it. Empty: one of its own.",
            ),
            "cors": {
                "type": "array",
                "title": "Sites that may call it",
                "description": "Origins such as https://shop.example whose pages may call it; * for any.",
                "items": {
                    "type": "string",
                    "pattern": r"^(\*|https?://[^/\s*]+)$",
                    "errorMessage": {"pattern": "An origin such as https://shop.example, or * for any."},
                },
                "uniqueItems": True,
            },
        },
        ["method", "path"],
    ),
    "s3": (
        {
            "bucket": _text(
                "Bucket",
                "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
                "A bucket's name has 3 to 63 small letters, digits, dots and hyphens, such as order-files.",
            ),
            "events": {
                "type": "array",
                "title": "Events",
                "items": {"enum": list(OBJECT_EVENTS)},
                "uniqueItems": True,
                "minItems": 1,
                "default": ["s3:ObjectCreated:*"],
            },
            "prefix": _text(
                "Names begin with", r"[^\u0000]{0,200}", "At most 200 characters, such as incoming/"),
            "suffix": _text(
                "Names end with", r"[^\u0000]{0,200}", "At most 200 characters, such as .csv", examples=[".csv"]),
            "create": _CREATE,
        },
        ["bucket"],
    ),
    "sqs": (
        {
            "queue": _text(
                "Queue",
                r"[A-Za-z0-9_-]{1,56}(\.fifo)?",
                "A queue's name has letters, digits, - and _, at most 56, such as orders; .fifo may end it.",
            ),
            "batch_size": _number("Most messages at a time", 1, 10_000, 10),
            "batch_window": _number("Seconds to gather them", 0, 300, 0, "At least 1 for more than 10 messages."),
            "filter": _object(
                "Filter",
                '{"body": {"type": ["PURCHASE"]}}',
                'A pattern of messages, such as {"body": {"type": ["PURCHASE"]}}: only those are passed on whose body '
                "is JSON that fits.",
            ),
            "dead_letter": {
                "type": "boolean",
                "title": "Dead-letter queue",
                "default": False,
                "description": "Made beside a queue that is made here; takes what failed too often.",
            },
            "max_receives": _number("Attempts before that", 1, 1_000, 3),
            "create": _CREATE,
        },
        ["queue"],
    ),
    "sns": (
        {
            "topic": _text(
                "Topic",
                r"[A-Za-z0-9_-]{1,200}",
                "A topic's name has letters, digits, - and _, at most 200, such as orders.",
            ),
            "filter_policy": _object(
                "Filter policy",
                '{"type": ["PURCHASE"]}',
                'A pattern of the message\'s attributes, such as {"type": ["PURCHASE"]}: only those that fit are '
                "passed on.",
            ),
            "create": _CREATE,
        },
        ["topic"],
    ),
    "dynamodb": (
        {
            "table": _text(
                "Table",
                "[A-Za-z0-9_.-]{3,200}",
                "A table's name has 3 to 200 letters, digits and . _ -, such as orders.",
                "Its stream is read. One made here has the key “id”."),
            "start": {
                "enum": ["LATEST", "TRIM_HORIZON"],
                "title": "Start",
                "default": "LATEST",
                "description": "With what comes from now on, or with the oldest there is.",
            },
            "batch_size": _number("Most records at a time", 1, 10_000, 100),
            "filter": _object(
                "Filter",
                '{"eventName": ["INSERT"]}',
                'A pattern of records, such as {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"type": {"S": '
                '["PURCHASE"]}}}}: only what fits is passed on. NewImage is the item as it is now, each value beneath '
                "its type.",
            ),
            "create": _CREATE,
        },
        ["table"],
    ),
    "eventbridge": (
        {
            "name": _RULE,
            "pattern": _object(
                "Event pattern",
                '{"source": ["shop.orders"]}',
                'Such as {"source": ["shop.orders"]}.',
                minProperties=1,
            ),
            "bus": _text(
                "Event bus",
                r"[A-Za-z0-9._/-]{1,256}",
                "A bus's name has letters, digits and . _ / -, such as orders.",
                "Empty: the account's own, “default”."),
        },
        ["name", "pattern"],
    ),
    "schedule": (
        {
            "name": _RULE,
            "expression": _text(
                "Schedule",
                r"(rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)|cron\([^()]{9,200}\))",
                "A schedule is rate(1 minute), rate(5 minutes), rate(2 hours), or a cron expression of six fields "
                "such as cron(0 8 ? * MON-FRI *).",
                "Such as rate(5 minutes) or cron(0 8 ? * MON-FRI *), in UTC.",
                examples=["rate(5 minutes)"],
            ),
            "input": _object(
                "Input", '{"by": "the clock"}', "What the function is given. Empty: EventBridge's own event."
            ),
        },
        ["name", "expression"],
    ),
}  # fmt: skip
