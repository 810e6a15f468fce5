"""The comparison operators of Choice rules: what each wants, whether it matches, and why, in words. No paths here.

A value of the wrong type matches nothing; that is AWS's rule, not an error.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workflows.asl import timestamps
from workflows.asl.documents import write_start

_COMPARED: Mapping[str, tuple[Callable[[Any, Any], bool], str, str]] = {
    "Equals": (operator.eq, "equals", "does not equal"),
    "LessThan": (operator.lt, "is less than", "is not less than"),
    "GreaterThan": (operator.gt, "is greater than", "is not greater than"),
    "LessThanEquals": (operator.le, "is at most", "is more than"),
    "GreaterThanEquals": (operator.ge, "is at least", "is less than"),
}
_KINDS = {"String": "a string", "Numeric": "a number", "Timestamp": "a timestamp", "Boolean": "a boolean"}
_LONGEST_SHOWN = 200
_LONGEST_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Operator:
    """A comparing operator: the kind of value it wants on both sides, and how it compares them."""

    name: str
    kind: str
    compare: Callable[[Any, Any], bool]
    yes: str
    no: str
    takes_path: bool

    def matches(self, actual: Any, expected: Any) -> tuple[bool, str]:
        """Whether `actual` compares to `expected`, and why."""
        left, right = _READ[self.kind](actual), _READ[self.kind](expected)
        if left is None:
            return False, f"{shown(actual)} is not {_KINDS[self.kind]}, so {self.name} cannot match"
        if right is None:
            return False, f"{shown(expected)} to compare with is not {_KINDS[self.kind]}, so {self.name} cannot match"
        matched = self.compare(left[0], right[0])
        return matched, f"{shown(actual)} {self.yes if matched else self.no} {shown(expected)}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """StringMatches: `*` stands for any text, `\\\\*` for a star."""

    name: str = "StringMatches"
    takes_path: bool = False

    def matches(self, actual: Any, expected: Any) -> tuple[bool, str]:
        """Whether `actual` looks like `expected`, and why."""
        if not isinstance(actual, str):
            return False, f"{shown(actual)} is not a string, so StringMatches cannot match"
        matched = isinstance(expected, str) and string_matches(actual, expected)
        return matched, f"{shown(actual)} {'matches' if matched else 'does not match'} {shown(expected)}"


@dataclass(frozen=True, slots=True)
class TypeTest:
    """IsNull and its like: whether the value is of a type, as the rule expects (true or false)."""

    name: str
    what: str
    is_so: Callable[[Any], bool]
    takes_path: bool = False

    def matches(self, actual: Any, expected: Any) -> tuple[bool, str]:
        """Whether `actual` is (or is not, as expected) of the type, and why."""
        found = self.is_so(actual)
        return found is expected, f"{shown(actual)} is {'' if found else 'not '}{self.what}"


def shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    return write_start(value, _LONGEST_SHOWN)


def kept(value: Any) -> Any:
    """A value as an explanation holds it: as it is, or its cut text where it is large, since many rules may see it."""
    if value is None or isinstance(value, int | Decimal):  # as short as the documents they were read from bound them
        return value
    text = write_start(value, _LONGEST_KEPT)
    return value if len(text) <= _LONGEST_KEPT else text


def string_matches(text: str, pattern: str) -> bool:
    """Whether a text matches a pattern with `*`, in linear time: every piece is looked for once, from left to right."""
    first, *rest = _pieces(pattern)
    if not rest:
        return text == first
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _pieces(pattern: str) -> list[str]:
    pieces, escaped = [""], False
    for one in pattern:
        if escaped or one not in "\\*":
            pieces[-1] += one
            escaped = False
        elif one == "\\":
            escaped = True
        else:
            pieces.append("")
    return pieces


# A value read for comparing comes in a list of one: None says that it is of another type.


def _string(value: Any) -> list[str] | None:
    return [value] if isinstance(value, str) else None


def _number(value: Any) -> list[int | Decimal | float] | None:
    return [value] if isinstance(value, int | Decimal | float) and not isinstance(value, bool) else None


def _boolean(value: Any) -> list[bool] | None:
    return [value] if isinstance(value, bool) else None


def _timestamp(value: Any) -> list[Decimal] | None:
    moment = timestamps.read(value)
    return None if moment is None else [moment]


_READ: Mapping[str, Callable[[Any], Any]] = {
    "String": _string,
    "Numeric": _number,
    "Boolean": _boolean,
    "Timestamp": _timestamp,
}


def _comparing() -> list[Operator]:
    return [
        Operator(f"{kind}{how}{ending}", kind, compare, yes, no, takes_path=bool(ending))
        for kind in _KINDS
        for how, (compare, yes, no) in _COMPARED.items()
        for ending in ("", "Path")
        if kind != "Boolean" or how == "Equals"
    ]


_ALL: tuple[Operator | Pattern | TypeTest, ...] = (
    *_comparing(),
    Pattern(),
    TypeTest("IsNull", "null", lambda value: value is None),
    TypeTest("IsString", "a string", lambda value: isinstance(value, str)),
    TypeTest("IsNumeric", "a number", lambda value: _number(value) is not None),
    TypeTest("IsBoolean", "a boolean", lambda value: isinstance(value, bool)),
    TypeTest("IsTimestamp", "a timestamp", lambda value: timestamps.read(value) is not None),
)
OPERATORS: Mapping[str, Operator | Pattern | TypeTest] = {one.name: one for one in _ALL}
