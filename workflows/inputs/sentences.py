"""What each keyword of JSON Schema asks of a value, in a sentence for whoever typed it. Knows no validator."""

import json
from typing import Any

_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "const": "{}",
}
_COUNTS = {
    "minLength": ("at least", "character"),
    "maxLength": ("at most", "character"),
    "minItems": ("at least", "entry"),
    "maxItems": ("at most", "entry"),
    "minProperties": ("at least", "field"),
    "maxProperties": ("at most", "field"),
}
_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
_FORMATS = {
    "date": "a date, such as 2026-11-27",
    "date-time": "a date and time with its zone, such as 2026-11-27T12:00:00Z",
    "time": "a time with its zone, such as 12:00:00Z",
    "email": "an e-mail address",
    "uri": "an address, such as https://example.org/",
    "uuid": "a UUID",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
}
_WHOLE = {
    "uniqueItems": "No entry may be there twice.",
    "contains": "An entry of the kind that is asked for is missing.",
    "anyOf": "This fits none of the forms that it may have.",
    "oneOf": "This has to fit exactly one of the forms that it may have.",
    "not": "This is of a form that is not allowed.",
    "falseSchema": "Nothing may stand here.",
}


def of(keyword: str, value: Any) -> str | None:
    """What `keyword` with its `value` asks for; None for a keyword without a sentence."""
    if keyword in _LIMITS:
        return f"This must be {_LIMITS[keyword].format(_json(value))}."
    if keyword in _COUNTS:
        bound, noun = _COUNTS[keyword]
        return f"This must have {bound} {value} {noun if value == 1 else _plural(noun)}."
    if keyword == "type":
        return f"This must be {' or '.join(_TYPES.get(name, name) for name in value)}."
    if keyword == "format":
        return f"This must be {_FORMATS.get(value, f'of the format “{value}”')}."
    if keyword == "enum":
        return f"This must be one of {', '.join(map(_json, value))}."
    if keyword == "pattern":
        return f"This must match the pattern {value}"
    return _WHOLE.get(keyword)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
