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


@cache
def _texts() -> Mapping[str, str]:
    return {name: json.dumps(_closed(*parts)) for name, parts in _SETTINGS.items()}


def _closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _text(title: str, pattern: str, description: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "string", "title": title, "pattern": f"^{pattern}$", "description": description} | more


def _number(title: str, least: int, most: int, default: int, description: str = "") -> dict[str, Any]:
    bounds = {"minimum": least, "maximum": most, "default": default}
    return {"type": "integer", "title": title, "description": description} | bounds


_CREATE = {
    "type": "boolean",
    "title": "Make it here",
    "default": False,
    "description": "Its name then gets the environment's prefix, and it goes again with the trigger once it is empty.",
}
_FILTER = {
    "type": "object",
    "title": "Filter",
    "description": 'An event pattern, such as {"body": {"type": ["PURCHASE"]}}: only what fits is passed on.',
}
_RULE = _text("Name", "[A-Za-z0-9._-]{1,40}", "Of the rule in AWS; it gets the environment's prefix.")

_SETTINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "http": (
        {
            "method": {"enum": list(METHODS), "title": "Method", "default": "GET"},
            "path": _text(
                "Path",
                r"/[A-Za-z0-9._~{}+/-]*",
                "Such as /orders or /orders/{id}.",
                maxLength=200,
                examples=["/orders"],
            ),
            "api": _text("API", "[A-Za-z0-9_-]{1,40}", "Shared by all that name it. Empty: one of its own."),
            "cors": {
                "type": "array",
                "title": "Sites that may call it",
                "description": "Origins such as https://shop.example whose pages may call it; * for any.",
                "items": {"type": "string", "pattern": r"^(\*|https?://[^/\s*]+)$"},
                "uniqueItems": True,
            },
        },
        ["method", "path"],
    ),
    "s3": (
        {
            "bucket": _text("Bucket", "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
            "events": {
                "type": "array",
                "title": "Events",
                "items": {"enum": list(OBJECT_EVENTS)},
                "uniqueItems": True,
                "minItems": 1,
                "default": ["s3:ObjectCreated:*"],
            },
            "prefix": _text("Names begin with", r"[^\u0000]{0,200}"),
            "suffix": _text("Names end with", r"[^\u0000]{0,200}", examples=[".csv"]),
            "create": _CREATE,
        },
        ["bucket"],
    ),
    "sqs": (
        {
            "queue": _text("Queue", r"[A-Za-z0-9_-]{1,56}(\.fifo)?"),
            "batch_size": _number("Most messages at a time", 1, 10_000, 10),
            "batch_window": _number("Seconds to gather them", 0, 300, 0, "At least 1 for more than 10 messages."),
            "filter": _FILTER,
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
            "topic": _text("Topic", r"[A-Za-z0-9_-]{1,200}"),
            "filter_policy": {
                "type": "object",
                "title": "Filter policy",
                "description": "Of message attributes, such as {\"type\": [\"PURCHASE\"]}.",
            },
            "create": _CREATE,
        },
        ["topic"],
    ),
    "dynamodb": (
        {
            "table": _text("Table", "[A-Za-z0-9_.-]{3,200}", "Its stream is read. One made here has the key “id”."),
            "start": {
                "enum": ["LATEST", "TRIM_HORIZON"],
                "title": "Start",
                "default": "LATEST",
                "description": "With what comes from now on, or with the oldest there is.",
            },
            "batch_size": _number("Most records at a time", 1, 10_000, 100),
            "filter": _FILTER,
            "create": _CREATE,
        },
        ["table"],
    ),
    "eventbridge": (
        {
            "name": _RULE,
            "pattern": {
                "type": "object",
                "title": "Event pattern",
                "minProperties": 1,
                "description": "Such as {\"source\": [\"shop.orders\"]}.",
            },
            "bus": _text("Event bus", r"[A-Za-z0-9._/-]{1,256}", "Empty: the account's own, “default”."),
        },
        ["name", "pattern"],
    ),
    "schedule": (
        {
            "name": _RULE,
            "expression": _text(
                "Schedule",
                r"(rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)|cron\([^()]{9,200}\))",
                "Such as rate(5 minutes) or cron(0 8 ? * MON-FRI *), in UTC.",
                examples=["rate(5 minutes)"],
            ),
            "input": {
                "type": "object",
                "title": "Input",
                "description": "What the function is given. Empty: EventBridge's own event.",
            },
        },
        ["name", "expression"],
    ),
}  # fmt: skip
