"""Whether one Choice test being true means that another is true as well, as far as their forms show it.

Never says so wrongly; counts its steps, since a definition may hold thousands of rules to compare with each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workflows.asl import timestamps
from workflows.asl.jsonata import expression_in
from workflows.asl.model import And, Comparison, Condition, Not, Or, Test
from workflows.asl.operators import string_matches

MOST_STEPS = 20_000

_TYPE_TESTS = frozenset(["IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"])
_KINDS = ("String", "Numeric", "Timestamp", "Boolean")
_BOUNDS = {  # how an operator bounds a value: from below, from above, and whether the bound itself is in
    "Equals": (True, True, True),
    "LessThan": (False, True, False),
    "LessThanEquals": (False, True, True),
    "GreaterThan": (True, False, False),
    "GreaterThanEquals": (True, False, True),
}


@dataclass(slots=True)
class Comparer:
    """Compares tests until its steps are used up; from then on it finds nothing."""

    steps: int = MOST_STEPS

    @property
    def is_used_up(self) -> bool:
        """Whether there may be more to find than was found."""
        return self.steps < 0

    def implies(self, one: Test, other: Test) -> bool:
        """Whether `other` is true whenever `one` is."""
        self.steps -= 1
        if self.steps < 0:
            return False
        if isinstance(other, And):
            return bool(other.tests) and all(self.implies(one, test) for test in other.tests)
        if isinstance(one, Or):
            return bool(one.tests) and all(self.implies(test, other) for test in one.tests)
        if isinstance(other, Or) and any(self.implies(one, test) for test in other.tests):
            return True
        if isinstance(one, And):
            return any(self.implies(test, other) for test in one.tests)
        if isinstance(one, Not) and isinstance(other, Not):
            return self.implies(other.test, one.test)
        if isinstance(one, Condition) and isinstance(other, Condition):
            return _source(one) == _source(other) != ""
        return isinstance(one, Comparison) and isinstance(other, Comparison) and _compared(one, other)

    def cover_everything(self, tests: Sequence[Test]) -> bool:
        """Whether one of these is always true, whatever the input: a test and its opposite are both among them."""
        if self.steps < 0:
            return False
        single = list(_flat(tests))
        self.steps -= len(single)
        if any(isinstance(test, Condition) and _source(test) == "true" for test in single):
            return True
        if any(_pair_up(single)):
            return True
        opposites = [test.test for test in single if isinstance(test, Not)]
        return any(self.implies(opposite, test) for opposite in opposites for test in single)


def _flat(tests: Iterable[Test]) -> Iterable[Test]:
    for test in tests:
        if isinstance(test, Or):
            yield from _flat(test.tests)
        else:
            yield test


def _pair_up(tests: Iterable[Test]) -> Iterable[bool]:
    """Whether a type test stands here with both true and false, one answer for each."""
    seen: dict[tuple[str, str], Any] = {}
    for test in tests:
        if isinstance(test, Comparison) and test.operator in _TYPE_TESTS and isinstance(test.expected, bool):
            before = seen.setdefault((str(test.variable), test.operator), test.expected)
            yield before is not test.expected


def _source(condition: Condition) -> str:
    if isinstance(condition.expression, bool):
        return "true" if condition.expression else "false"
    found = expression_in(condition.expression) if isinstance(condition.expression, str) else None
    return " ".join(found.split()) if found else ""


def _compared(one: Comparison, other: Comparison) -> bool:
    if not one.operator or not other.operator or one.variable != other.variable:
        return False
    if one.operator == other.operator and one.expected == other.expected and type(one.expected) is type(other.expected):
        return True
    if other.operator in _TYPE_TESTS:
        return other.expected is True and _has_type(one, other.operator)
    if other.operator == "StringMatches":
        return one.operator == "StringEquals" and _match(one.expected, other.expected)
    return _lies_in(one, other)


def _match(text: Any, pattern: Any) -> bool:
    return isinstance(text, str) and isinstance(pattern, str) and string_matches(text, pattern)


def _has_type(one: Comparison, test: str) -> bool:
    """Whether a value that passes a comparison passes a type test; only a value that is there can be compared."""
    if test == "IsPresent":
        return one.operator != "IsPresent"
    if one.operator in _TYPE_TESTS:
        return False
    return test == f"Is{_kind(one.operator)}"


def _kind(operator: str) -> str:
    return next(kind for kind in _KINDS if operator.startswith(kind))


def _lies_in(one: Comparison, other: Comparison) -> bool:
    """Whether all values that pass `one` lie between the bounds of `other`."""
    if one.operator in _TYPE_TESTS or (kind := _kind(one.operator)) != _kind(other.operator):
        return False
    inner, outer = _BOUNDS.get(one.operator.removeprefix(kind)), _BOUNDS.get(other.operator.removeprefix(kind))
    left, right = _ordered(one.expected, kind), _ordered(other.expected, kind)
    if inner is None or outer is None or left is None or right is None:
        return False
    is_inside_at_bound = outer[2] or not inner[2]
    below = not outer[0] or (inner[0] and (left > right or (left == right and is_inside_at_bound)))
    above = not outer[1] or (inner[1] and (left < right or (left == right and is_inside_at_bound)))
    return bool(below and above)


def _ordered(value: Any, kind: str) -> Any:
    if kind == "Numeric":
        return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
    if kind == "Timestamp":
        return timestamps.read(value)
    return value if kind == "String" and isinstance(value, str) else None
