"""Choice states, as AWS decides them.

ministack ignores `String*Path` orderings and every `Timestamp*Path`, reads `\\\\*` in StringMatches as a wildcard,
takes null for absent and true for a number, and lets a missing variable match nothing where AWS fails the execution.
"""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .journal import Line
from .language import State, evaluate, fail, lookup
from .paths import MissingError

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_OPERATOR = re.compile(rf"(String|Numeric|Boolean|Timestamp)({'|'.join(_COMPARISONS)})(Path)?")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)")
_NEVER = object()


def matches(rule: State, data: Any, line: Line, *, jsonata: bool) -> bool:
    """Whether a rule of a Choice state is true of its effective input."""
    if jsonata:
        return evaluate(rule["Condition"], "Condition", data, line) is True
    if "And" in rule:
        return all(matches(part, data, line, jsonata=False) for part in rule["And"])
    if "Or" in rule:
        return any(matches(part, data, line, jsonata=False) for part in rule["Or"])
    if "Not" in rule:
        return not matches(rule["Not"], data, line, jsonata=False)
    return _compare(rule, data, line)


def _compare(rule: State, data: Any, line: Line) -> bool:
    if "IsPresent" in rule:
        return _is_present(rule["Variable"], data, line) is rule["IsPresent"]
    value = _read(rule["Variable"], data, line)
    for name, kind in _KINDS.items():
        if name in rule:
            return kind(value) is rule[name]
    if "StringMatches" in rule:
        return isinstance(value, str) and _matches_pattern(value, rule["StringMatches"])
    name, found = next((name, found) for name in rule if (found := _OPERATOR.fullmatch(name)))
    wanted = _read(rule[name], data, line) if found[3] else rule[name]
    left, right = _typed(found[1], value), _typed(found[1], wanted)
    return left is not _NEVER and right is not _NEVER and _COMPARISONS[found[2]](left, right)


def _is_present(path: str, data: Any, line: Line) -> bool:
    try:
        lookup(path, data, line)
    except MissingError:
        return False
    return True


def _read(path: str, data: Any, line: Line) -> Any:
    try:
        return lookup(path, data, line)
    except MissingError:
        message = f"Invalid path '{path}': The choice state's condition path references an invalid value."
        raise fail(line, message) from None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_timestamp(value: Any) -> bool:
    return _typed("Timestamp", value) is not _NEVER


_KINDS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": _is_number,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": _is_timestamp,
}


def _typed(kind: str, value: Any) -> Any:
    """The value as the operator's type, or `_NEVER`: a value of another type matches nothing."""
    if kind == "String":
        return value if isinstance(value, str) else _NEVER
    if kind == "Numeric":
        return value if _is_number(value) else _NEVER
    if kind == "Boolean":
        return value if isinstance(value, bool) else _NEVER
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return _NEVER
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return _NEVER


def _matches_pattern(text: str, pattern: str) -> bool:
    """`*` stands for any characters, a backslash makes the next character itself; linear in text times pattern."""
    parts = re.findall(r"\\.|[^\\]|\\$", pattern, re.DOTALL)
    star, mark, at, i = -1, 0, 0, 0
    while i < len(text):
        if at < len(parts) and parts[at] == "*":
            star, mark, at = at, i, at + 1
        elif at < len(parts) and parts[at][-1] == text[i]:
            at, i = at + 1, i + 1
        elif star >= 0:
            mark += 1
            at, i = star + 1, mark
        else:
            return False
    return all(part == "*" for part in parts[at:])
