"""Small conditions on values, such as `amount > 100`: read, judged, and told in words. Pure.

One line each: a name (of a business key, or a path such as $.order.total), an operator, a value. All of several must
hold. What is not there fits no condition.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workflows import inputs

LONGEST = 300
MOST = 10
LONGEST_SHOWN = 60
NUMERIC = (">=", "<=", ">", "<")
OPERATORS = ("=", "!=", *NUMERIC, "starts with")
FORM = "Write a name, an operator and a value, such as amount > 100; there are " + ", ".join(OPERATORS) + "."
LINE = re.compile(
    r"(?P<name>\$[^\s=!<>]+|(?:header:)?[A-Za-z_][\w-]*)\s*(?P<operator>!=|>=|<=|=|>|<|\bstarts\s+with\b)\s*(?P<value>\S.*?)\s*"
)

Plain = str | bool | int | Decimal | None
MISSING = object()


class BadCondition(ValueError):
    """The line is no condition; its text says why."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One line as read: `wanted` is its value as JSON reads it, or the text where it is no JSON."""

    name: str
    operator: str
    text: str
    wanted: Plain

    def __str__(self) -> str:
        return f"{self.name} {self.operator} {self.text}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds, and the sentence that says so with the value seen."""

    condition: Condition
    holds: bool
    sentence: str


def parse(line: str) -> Condition:
    """Read one condition. Raises BadCondition."""
    if len(line) > LONGEST or "\0" in line:
        raise BadCondition(f"A condition has at most {LONGEST} characters, none of them NUL.")
    found = LINE.fullmatch(line.strip())
    if found is None:
        raise BadCondition(FORM)
    name, operator, text = found["name"], " ".join(found["operator"].split()), found["value"]
    if name.startswith("$") and not inputs.is_key_path(name):
        raise BadCondition(f"{name} is no path to one value, such as $.order.total.")
    wanted = _wanted(text)
    if operator in NUMERIC and not _is_number(wanted):
        raise BadCondition(f"{operator} compares numbers, and {text} is none.")
    return Condition(name, operator, text, wanted)


def parse_all(lines: Iterable[str]) -> tuple[Condition, ...]:
    """Read several, at most ten. Raises BadCondition, whose text names the line."""
    lines = list(lines)
    if len(lines) > MOST:
        raise BadCondition(f"At most {MOST} conditions.")
    return tuple(map(parse, lines))


def judge(condition: Condition, seen: Any) -> Verdict:
    """Whether `seen` (MISSING, or what JSON has) fits the condition."""
    name, operator, text = condition.name, condition.operator, condition.text
    if seen is MISSING:
        return Verdict(condition, holds=False, sentence=f"{name} is missing")
    if operator in NUMERIC and not _is_number(seen):
        told = f'"{_shown(seen)}" is a text' if isinstance(seen, str) else f"{_shown(seen)} is no number"
        return Verdict(condition, holds=False, sentence=f"{name} {told}, and {operator} compares numbers")
    holds = _COMPARE[operator](seen, condition)
    if operator == "starts with":
        verb = "starts with" if holds else "does not start with"
        return Verdict(condition, holds, f"{name} {_shown(seen)} {verb} {text}")
    return Verdict(condition, holds, f"{name} {_shown(seen)} is {'' if holds else 'not '}{operator} {text}")


def judge_all(conditions: Iterable[Condition], look: Callable[[str], Any]) -> tuple[Verdict, ...]:
    """Each condition with what `look` finds under its name."""
    return tuple(judge(condition, look(condition.name)) for condition in conditions)


def _wanted(text: str) -> Plain:
    try:
        value = inputs.read(text)
    except inputs.InputProblem:
        return text
    return value if value is None or isinstance(value, str | bool | int | Decimal) else text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _equals(seen: Any, condition: Condition) -> bool:
    """Numbers as numbers; a text also when it stands there unquoted, as in customer_id = 1001."""
    wanted = condition.wanted
    if isinstance(seen, str):
        return seen in (wanted, condition.text)
    if _is_number(seen) and _is_number(wanted):
        return bool(seen == wanted)
    return type(seen) is type(wanted) and bool(seen == wanted)


def _compare(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Condition], bool]:
    return lambda seen, condition: holds(seen, condition.wanted)


def _starts(seen: Any, condition: Condition) -> bool:
    wanted = condition.wanted if isinstance(condition.wanted, str) else condition.text
    return isinstance(seen, str) and seen.startswith(wanted)


_COMPARE: dict[str, Callable[[Any, Condition], bool]] = {
    "=": _equals,
    "!=": lambda seen, condition: not _equals(seen, condition),
    ">": _compare(lambda seen, wanted: seen > wanted),
    ">=": _compare(lambda seen, wanted: seen >= wanted),
    "<": _compare(lambda seen, wanted: seen < wanted),
    "<=": _compare(lambda seen, wanted: seen <= wanted),
    "starts with": _starts,
}


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "(an object)" if isinstance(value, dict) else "(a list)"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
