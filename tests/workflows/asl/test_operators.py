"""Every comparison operator, and its Path form, on values that are less, equal, more and of another type."""

from decimal import Decimal
from typing import Any

import pytest

from tests.timing import takes_less_than
from workflows.asl.choice import choose
from workflows.asl.operators import OPERATORS, string_matches

# What "left OPERATOR right" gives for left less than, equal to and more than right.
ORDERS = {
    "Equals": (False, True, False),
    "LessThan": (True, False, False),
    "GreaterThan": (False, False, True),
    "LessThanEquals": (True, True, False),
    "GreaterThanEquals": (False, True, True),
}
SAMPLES: dict[str, tuple[Any, Any, Any]] = {
    "String": ("Acme", "Bolt", "Core"),
    "Numeric": (-1.5, 2, Decimal("2.0000000000000000000001")),
    "Timestamp": ("2016-03-14T01:59:00Z", "2016-03-14T02:59:00+01:00", "2016-03-14T01:59:00.000000001Z"),
}
# Of no kind that is compared, whatever the operator wants.
OTHERS: tuple[Any, ...] = (None, [], {}, [1], {"a": 1}, ["2016-03-14T01:59:00Z"])
AWS_OPERATORS = {
    *(f"{kind}{how}{path}" for kind in SAMPLES for how in ORDERS for path in ("", "Path")),
    *("BooleanEquals", "BooleanEqualsPath", "StringMatches"),
    *("IsNull", "IsString", "IsNumeric", "IsBoolean", "IsTimestamp"),
}


def is_taken(operator: str, actual: Any, expected: Any) -> bool:
    """Whether a rule of one comparison is the one that matches; a Path form looks its operand up in the input."""
    operand = "$.wanted" if operator.endswith("Path") else expected
    rule = {"Variable": "$.value", operator: operand, "Next": "Yes"}
    state = {"Type": "Choice", "Choices": [rule], "Default": "No"}
    answer = choose(state, {"value": actual, "wanted": expected})
    assert answer.error is None
    return answer.next == "Yes"


def test_the_operators_are_those_of_the_language() -> None:
    assert set(OPERATORS) == AWS_OPERATORS  # IsPresent needs the path itself: test_choice.py


@pytest.mark.parametrize("path", ["", "Path"])
@pytest.mark.parametrize("how", ORDERS)
@pytest.mark.parametrize("kind", SAMPLES)
def test_values_are_ordered(kind: str, how: str, path: str) -> None:
    middle = SAMPLES[kind][1]
    found = tuple(is_taken(f"{kind}{how}{path}", one, middle) for one in SAMPLES[kind])
    wanted = ORDERS[how]
    if kind == "Timestamp":  # the first of the samples is the same moment as the second, at another offset
        wanted = (wanted[1], wanted[1], wanted[2])
    assert found == wanted


@pytest.mark.parametrize("path", ["", "Path"])
def test_booleans_are_equal_or_not(path: str) -> None:
    operator = f"BooleanEquals{path}"
    assert is_taken(operator, True, True)
    assert is_taken(operator, False, False)
    assert not is_taken(operator, True, False)
    assert not is_taken(operator, False, True)


@pytest.mark.parametrize("operator", sorted(one for one in AWS_OPERATORS if not one.startswith("Is")))
def test_a_value_of_another_type_matches_nothing(operator: str) -> None:
    kind = next((kind for kind in SAMPLES if operator.startswith(kind)), "Boolean")
    good = True if kind == "Boolean" else SAMPLES[kind][1]
    wrong: list[Any] = [*OTHERS, *((1, 0, "true") if kind == "Boolean" else (True, False))]
    if kind != "Numeric":
        wrong += [0, 1, Decimal("1.5")]
    if kind != "String":
        wrong += ["", "1", "no moment"]
    for value in wrong:
        assert not is_taken(operator, value, good), value
        if operator.endswith("Path"):
            assert not is_taken(operator, good, value), value


@pytest.mark.parametrize(
    ("operator", "those"),
    [
        ("IsNull", [None]),
        ("IsString", ["", "a", "2016-03-14T01:59:00Z"]),
        ("IsNumeric", [0, -1, 1.5, Decimal("1.5"), 10**400]),
        ("IsBoolean", [True, False]),
        ("IsTimestamp", ["2016-03-14T01:59:00Z"]),
    ],
)
def test_a_type_is_told_and_a_false_operand_turns_it_round(operator: str, those: list[Any]) -> None:
    values: list[Any] = [
        None,
        "",
        "a",
        "2016-03-14T01:59:00Z",
        0,
        -1,
        1.5,
        Decimal("1.5"),
        10**400,
        True,
        False,
        [],
        {},
    ]
    for value in values:
        is_one = any(type(value) is type(one) and value == one for one in those)
        assert is_taken(operator, value, True) is is_one, value
        assert is_taken(operator, value, False) is not is_one, value


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Decimal("0.1") + Decimal("0.2"), Decimal("0.3")),
        (9_007_199_254_740_993, Decimal("9007199254740993.0")),
        (Decimal("1E+2"), 100),
        (0, Decimal("-0.0")),
    ],
)
def test_numbers_of_one_value_are_equal_however_they_are_written(left: Any, right: Any) -> None:
    assert is_taken("NumericEquals", left, right)
    assert is_taken("NumericEqualsPath", right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (9_007_199_254_740_992, 9_007_199_254_740_993),
        (Decimal("0.30000000000000000001"), Decimal("0.3")),
        (10**300 + 1, 10**300),
    ],
)
def test_numbers_that_a_double_cannot_tell_apart_differ(left: Any, right: Any) -> None:
    assert not is_taken("NumericEquals", left, right)
    assert is_taken("NumericGreaterThan", max(left, right), min(left, right))


@pytest.mark.parametrize(
    "text",
    [
        "2016-03-14",
        "2016-03-14T01:59:00",
        "2016-03-14 01:59:00Z",
        "2016-03-14t01:59:00z",
        "2016-13-14T01:59:00Z",
        "2016-02-30T01:59:00Z",
        "2016-03-14T25:59:00Z",
        " 2016-03-14T01:59:00Z",
        "2016-03-14T01:59:00Z\n",
        "٢٠١٦-03-14T01:59:00Z",
    ],
)
def test_what_is_no_moment_is_no_timestamp(text: str) -> None:
    assert not is_taken("IsTimestamp", text, True)
    assert not is_taken("TimestampLessThanEquals", text, "9999-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [
        ("", "", True),
        ("", "*", True),
        ("a", "", False),
        ("log-1.txt", "log-*.txt", True),
        ("log-1.txt", "log-*", True),
        ("log-1.txt", "*.txt", True),
        ("log-1.txt", "*g-*t*", True),
        ("log-1.txt", "log", False),
        ("log-1.txt", "LOG-*", False),
        ("log-1.txt.bak", "log-*.txt", False),
        ("aba", "ab*ba", False),  # the two ends do not share a letter
        ("abba", "ab*ba", True),
        ("a\nb", "a*b", True),
        ("a.b", "a?b", False),
        ("*", r"\*", True),
        ("x", r"\*", False),
        ("a*b", r"a\*b", True),
        ("a-b", r"a\*b", False),
        ("\\", r"\\", True),
        ("\\anything", r"\\*", True),
        (r"C:\*", r"C:\\\*", True),
        (r"C:\x", r"C:\\\*", False),
        ("[a-z]+", "[a-z]+", True),
        ("é*", "é*", True),
    ],
)
def test_a_star_stands_for_any_text_and_a_backslash_takes_its_power(text: str, pattern: str, matches: bool) -> None:
    assert string_matches(text, pattern) is matches
    assert is_taken("StringMatches", text, pattern) is matches


def test_a_pattern_of_many_stars_takes_linear_time() -> None:
    def match() -> None:
        assert not string_matches("a" * 250_000, "a*" * 5_000 + "b")
        assert not string_matches("a" * 250_000, "*a" * 5_000 + "*b*")
        assert not string_matches("ab" * 125_000, "*" * 100_000 + "c")

    assert takes_less_than(1, match)


def test_the_reason_names_both_values() -> None:
    assert OPERATORS["NumericGreaterThan"].matches(Decimal("1.50"), 2) == (False, "1.50 is not greater than 2")
    assert OPERATORS["StringEquals"].matches(3, "a") == (False, "3 is not a string, so StringEquals cannot match")
    assert OPERATORS["IsNull"].matches(None, False) == (False, "null is null")


def test_a_long_value_is_cut_in_the_reason() -> None:
    _, why = OPERATORS["StringEquals"].matches("x" * 100_000, "y" * 100_000)
    assert len(why) < 500
