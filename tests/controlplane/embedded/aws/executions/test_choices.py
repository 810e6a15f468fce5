"""What a Choice state decides, comparison by comparison, as AWS does."""

import json
from typing import Any

import pytest

from ..conftest import Bench

EARLY, LATE = "2024-01-01T10:00:00Z", "2024-01-01T12:00:00+01:00"
VALUES = {
    "text": "PURCHASE",
    "other": "REFUND",
    "number": 10,
    "decimal": 10.0,
    "yes": True,
    "nothing": None,
    "early": EARLY,
    "late": LATE,
    "star": "a*b",
    "slash": "a\\b",
}


def compare(variable: str, operator: str, expected: Any) -> dict[str, Any]:
    return {"Variable": f"$.{variable}", operator: expected}


CASES = [
    (compare("text", "StringEquals", "PURCHASE"), True),
    (compare("text", "StringEquals", "purchase"), False),
    (compare("number", "StringEquals", "10"), False),
    (compare("text", "StringEqualsPath", "$.text"), True),
    (compare("other", "StringGreaterThan", "PURCHASE"), True),
    (compare("other", "StringGreaterThanPath", "$.text"), True),
    (compare("other", "StringGreaterThanEqualsPath", "$.other"), True),
    (compare("other", "StringLessThanPath", "$.text"), False),
    (compare("text", "StringLessThanEqualsPath", "$.other"), True),
    (compare("text", "StringMatches", "PUR*SE"), True),
    (compare("text", "StringMatches", "*"), True),
    (compare("text", "StringMatches", "PURC"), False),
    (compare("star", "StringMatches", "a\\*b"), True),
    (compare("text", "StringMatches", "P\\*E"), False),
    (compare("slash", "StringMatches", "a\\\\b"), True),
    (compare("number", "StringMatches", "1*"), False),
    (compare("number", "NumericEquals", 10.0), True),
    (compare("decimal", "NumericEqualsPath", "$.number"), True),
    (compare("number", "NumericLessThan", 10), False),
    (compare("number", "NumericLessThanEquals", 10), True),
    (compare("number", "NumericGreaterThanPath", "$.decimal"), False),
    (compare("text", "NumericEquals", 10), False),
    (compare("yes", "NumericEquals", 1), False),
    (compare("yes", "BooleanEquals", True), True),
    (compare("number", "BooleanEquals", True), False),
    (compare("yes", "BooleanEqualsPath", "$.yes"), True),
    (compare("early", "TimestampEquals", LATE), False),
    (compare("early", "TimestampLessThan", LATE), True),
    (compare("early", "TimestampLessThanPath", "$.late"), True),
    (compare("late", "TimestampGreaterThanPath", "$.early"), True),
    (compare("late", "TimestampGreaterThanEqualsPath", "$.late"), True),
    (compare("late", "TimestampEqualsPath", "$.early"), False),
    (compare("early", "TimestampLessThanEqualsPath", "$.early"), True),
    (compare("text", "TimestampLessThan", LATE), False),
    (compare("nothing", "IsPresent", True), True),
    (compare("absent", "IsPresent", False), True),
    (compare("absent", "IsPresent", True), False),
    (compare("nothing", "IsNull", True), True),
    (compare("text", "IsNull", True), False),
    (compare("number", "IsNumeric", True), True),
    (compare("yes", "IsNumeric", True), False),
    (compare("yes", "IsNumeric", False), True),
    (compare("text", "IsString", True), True),
    (compare("yes", "IsBoolean", True), True),
    (compare("early", "IsTimestamp", True), True),
    (compare("text", "IsTimestamp", True), False),
    ({"And": [compare("yes", "BooleanEquals", True), compare("number", "NumericLessThan", 11)]}, True),
    ({"And": [compare("absent", "IsPresent", True), compare("absent", "NumericEquals", 1)]}, False),
    ({"Or": [compare("number", "NumericEquals", 1), compare("text", "StringEquals", "PURCHASE")]}, True),
    ({"Not": compare("text", "StringEquals", "REFUND")}, True),
]


def test_every_comparison_decides_as_on_aws(bench: Bench) -> None:
    """One execution for all: each Choice notes whether its rule matched and goes on to the next."""
    states: dict[str, Any] = {}
    for number, (rule, _) in enumerate(CASES):
        follow = f"C{number + 1}"
        for taken in ("yes", "no"):
            note = {"Type": "Pass", "Result": taken, "ResultPath": f"$.answers.c{number}", "Next": follow}
            states[f"{taken}{number}"] = note
        states[f"C{number}"] = {
            "Type": "Choice",
            "Choices": [rule | {"Next": f"yes{number}"}],
            "Default": f"no{number}",
        }
    states[f"C{len(CASES)}"] = {"Type": "Pass", "OutputPath": "$.answers", "End": True}
    described, _ = bench.run({"StartAt": "C0", "States": states}, VALUES)
    answers = json.loads(described["output"])
    wrong = [rule for number, (rule, wanted) in enumerate(CASES) if (answers[f"c{number}"] == "yes") is not wanted]
    assert wrong == []


@pytest.mark.parametrize("operator", ["StringEquals", "IsNull", "IsString", "StringMatches"])
def test_a_missing_variable_fails_the_execution(bench: Bench, operator: str) -> None:
    rule = compare("absent", operator, True if operator.startswith("Is") else "x") | {"Next": "E"}
    choice = {"Type": "Choice", "Choices": [rule], "Default": "E"}
    described, _ = bench.run({"StartAt": "C", "States": {"C": choice, "E": {"Type": "Succeed"}}})
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    assert described["cause"].endswith(
        "Invalid path '$.absent': The choice state's condition path references an invalid value."
    )


def test_no_match_and_no_default_fails_the_execution(bench: Bench) -> None:
    choice = {"Type": "Choice", "Choices": [compare("text", "StringEquals", "x") | {"Next": "E"}]}
    described, _ = bench.run({"StartAt": "C", "States": {"C": choice, "E": {"Type": "Succeed"}}}, VALUES)
    assert described["error"] == "States.NoChoiceMatched"


@pytest.mark.parametrize(("path", "taken"), [("$limit", "rule"), ("$$.Execution.Input.number", "default")])
def test_variables_and_the_context_can_be_compared(bench: Bench, path: str, taken: str) -> None:
    first = {"Type": "Pass", "Assign": {"limit": 11}, "Next": "C"}
    rule = {"Variable": path, "NumericEquals": 11, "Next": "R"}
    ends = {
        "R": {"Type": "Pass", "Result": "rule", "End": True},
        "D": {"Type": "Pass", "Result": "default", "End": True},
    }
    choice = {"Type": "Choice", "Choices": [rule], "Default": "D"}
    described, _ = bench.run({"StartAt": "F", "States": {"F": first, "C": choice, **ends}}, VALUES)
    assert described["output"] == f'"{taken}"'


def test_a_jsonata_condition_and_its_own_output_and_variables(bench: Bench) -> None:
    rule = {
        "Condition": "{% $states.input.number > 5 %}",
        "Assign": {"big": True},
        "Output": "{% $states.input.text %}",
        "Next": "E",
    }
    choice = {"Type": "Choice", "Choices": [rule]}
    end = {"Type": "Pass", "Output": {"text": "{% $states.input %}", "big": "{% $big %}"}, "End": True}
    described, _ = bench.run({"QueryLanguage": "JSONata", "StartAt": "C", "States": {"C": choice, "E": end}}, VALUES)
    assert described["output"] == '{"text":"PURCHASE","big":true}'
