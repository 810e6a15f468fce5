"""Whatever it is given, the checker answers, and soon."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.timing import takes_less_than
from tests.workflows.asl.checker.machines import choice, errors, machine, one
from workflows.asl.checker import MOST_PROBLEMS, check

ITSELF: list[Any] = []
ITSELF.append(ITSELF)

HOSTILE: dict[str, Any] = {
    "arrays 100,000 deep": "[" * 100_000 + "]" * 100_000,
    "objects 100,000 deep": '{"States":' * 100_000 + "1" + "}" * 100_000,
    "10,000 states that nothing leads to": {
        "StartAt": "S0",
        "States": {f"S{number}": {"Type": "Pass", "End": True} for number in range(10_000)},
    },
    "80,000 unknown fields": one("Pass", **{f"f{number}": 1 for number in range(70_000)}),
    "14,000 rules": choice(*({"Variable": "$.a", "NumericEquals": number} for number in range(12_000))),
    "filters without end": one("Pass", Parameters={f"f{n}.$": f"$..[?(@.x{n} == {n})]" for n in range(20_000)}),
    "filters in brackets": one("Pass", Parameters={f"f{n}.$": f"$[?({'(' * 900}{n}{')' * 900})]" for n in range(400)}),
    "100,000 empty branches": one("Parallel", Branches=[{}] * 100_000),
}
ODD: dict[str, Any] = {
    "a list that holds itself": ITSELF,
    "a set": {1, 2},
    "keys that are no texts": {1: {None: True}, (1, 2): 3},
    "a number that is none": {"StartAt": float("nan")},
    "half a surrogate": {"StartAt": "\ud800", "States": {"\ud800": {"Type": "Pass", "End": True}}},
    "a class": object,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_definition_is_answered_within_a_second(name: str) -> None:
    text = HOSTILE[name] if isinstance(HOSTILE[name], str) else json.dumps(HOSTILE[name])
    assert takes_less_than(1, lambda: check(text))
    assert len(check(text)) <= 2 * MOST_PROBLEMS


def test_five_hundred_states_take_less_than_a_tenth_of_a_second() -> None:
    names = [f"S{number}" for number in range(500)]
    states: dict[str, Any] = {
        name: {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f", "Payload": {"a.$": f"$.{name}.a", "b.$": "$$.Execution.Id"}},
            "Retry": [{"ErrorEquals": ["States.ALL"]}],
            "Next": following,
        }
        for name, following in zip(names, [*names[1:], "End"], strict=True)
    }
    text = json.dumps({"StartAt": "S0", "States": {**states, "End": {"Type": "Succeed"}}})
    assert errors(text) == []
    assert takes_less_than(0.1, lambda: check(text), tries=5)


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_definition_at_all_is_answered_too(name: str) -> None:
    check(ODD[name])


def test_a_definition_beyond_a_megabyte_is_refused() -> None:
    assert errors(one("Pass", Comment="c" * 1_048_576)) == ["INVALID_JSON"]


def test_what_was_left_unread_is_told() -> None:
    codes = {problem.code for problem in check(HOSTILE["filters without end"])}
    assert codes == {"CHECK_INCOMPLETE"}
    assert check(machine({"Type": "Pass", "End": True})) == ()


def test_a_number_beyond_all_bounds_is_told_at_its_place() -> None:
    problems = [problem for problem in check(one("Wait", Seconds=Decimal("1E+9999"))) if problem.is_error]
    assert [(problem.code, problem.path) for problem in problems] == [("INVALID_VALUE", "/States/S/Seconds")]


def test_a_number_beyond_a_double_is_nobodys_business_in_a_payload() -> None:
    assert errors(one("Pass", Result={"n": Decimal("-1E+9999")})) == []
