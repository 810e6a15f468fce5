"""Whatever it is given, the checker answers, and soon."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.timing import takes_less_than
from tests.workflows.asl.checker.machines import LAMBDA, choice, errors, machine, one
from workflows.asl.checker import MOST_CHARACTERS, MOST_PROBLEMS, check
from workflows.asl.documents import MAX_CHARACTERS
from workflows.asl.problems import Problem

ITSELF: list[Any] = []
ITSELF.append(ITSELF)

RULE: dict[str, Any] = {"Variable": "$.a", "IsNull": True, "Next": "S0"}
HOSTILE: dict[str, Any] = {
    "arrays 100,000 deep": "[" * 100_000 + "]" * 100_000,
    "objects 90,000 deep": '{"States":' * 90_000 + "1" + "}" * 90_000,
    "10,000 states that nothing leads to": {
        "StartAt": "S0",
        "States": {f"S{number}": {"Type": "Pass", "End": True} for number in range(10_000)},
    },
    "80,000 unknown fields": one("Pass", **{f"f{number}": 1 for number in range(70_000)}),
    "14,000 rules": choice(*({"Variable": "$.a", "NumericEquals": number} for number in range(12_000))),
    "filters without end": one("Pass", Parameters={f"f{n}.$": f"$..[?(@.x{n} == {n})]" for n in range(20_000)}),
    "filters in brackets": one("Pass", Parameters={f"f{n}.$": f"$[?({'(' * 900}{n}{')' * 900})]" for n in range(400)}),
    "100,000 empty branches": one("Parallel", Branches=[{}] * 100_000),
    "70,000 empty states": {"StartAt": "S0", "States": {f"S{number}": {} for number in range(70_000)}},
    "35,000 Retry rules": one("Task", Resource=LAMBDA, Retry=[{"ErrorEquals": [f"E{n}"]} for n in range(35_000)]),
    "20,000 Catch rules": one(
        "Task", Resource=LAMBDA, Catch=[{"ErrorEquals": [f"E{n}"], "Next": "S"} for n in range(20_000)]
    ),
    "9,000 Choices": {
        "StartAt": "S0",
        "States": {f"S{n}": {"Type": "Choice", "Choices": [RULE], "Default": f"S{n + 1}"} for n in range(9_000)},
    },
}
# Every kind that was ever too slow is tried each time; the others wait for the long run.
OF_LITTLE_NEWS = ("20,000 Catch rules", "9,000 Choices", "14,000 rules", "80,000 unknown fields")
ODD: dict[str, Any] = {
    "a list that holds itself": ITSELF,
    "a set": {1, 2},
    "keys that are no texts": {1: {None: True}, (1, 2): 3},
    "a number that is none": {"StartAt": float("nan")},
    "half a surrogate": {"StartAt": "\ud800", "States": {"\ud800": {"Type": "Pass", "End": True}}},
    "a class": object,
}


def _inner(number: int) -> dict[str, Any]:
    return {"StartAt": f"I{number}", "States": {f"I{number}": {"Type": "Pass", "End": True}}}


LONG_NAME = "k" * 500_000  # in the pointer of everything under it
MEMBER_TWICE = '"a": 1, "a": 2, '
UNDER_A_LONG_NAME: dict[str, Any] = {
    "paths": one("Pass", Parameters={LONG_NAME: {f"a{number}.$": "$.x" for number in range(24_000)}}),
    "no paths": one("Pass", Parameters={LONG_NAME: {f"a{number}.$": "x" for number in range(24_000)}}),
    "texts like paths": one("Pass", Parameters={LONG_NAME: {f"a{number}": "$.x" for number in range(24_000)}}),
    "torn JSONata": one("Pass", QueryLanguage="JSONata", Output={LONG_NAME: {f"a{n}": "{% $x" for n in range(24_000)}}),
    "states": {"StartAt": "S", "States": {LONG_NAME: {"Type": "Parallel", "Branches": [_inner(1)] * 7_500}}},
    "rules": {
        "StartAt": "S",
        "States": {LONG_NAME: {"Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "S"}] * 11_000}},
    },
    "repeated names": f'{{"States": {{"{LONG_NAME}": {{{MEMBER_TWICE * 9_000}"b": 1}}}}}}',
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long if name in OF_LITTLE_NEWS else ()) for name in HOSTILE]
)
def test_a_hostile_definition_is_answered_within_a_second(name: str) -> None:
    text = HOSTILE[name] if isinstance(HOSTILE[name], str) else json.dumps(HOSTILE[name])
    assert len(_checked_within_a_second(text)) <= 2 * MOST_PROBLEMS


@pytest.mark.parametrize("name", UNDER_A_LONG_NAME)
def test_what_lies_under_a_long_name_is_told_within_a_second_and_in_few_words(name: str) -> None:
    definition = UNDER_A_LONG_NAME[name]
    problems = _checked_within_a_second(definition if isinstance(definition, str) else json.dumps(definition))
    assert sum(len(problem.path) + len(problem.message) for problem in problems) < 4 * MOST_CHARACTERS


def _checked_within_a_second(text: str) -> tuple[Problem, ...]:
    assert len(text) <= MAX_CHARACTERS
    answers: list[tuple[Problem, ...]] = []
    assert takes_less_than(1, lambda: answers.append(check(text)))
    return answers[0]


def _chain(count: int, **fields: Any) -> dict[str, Any]:
    """A definition of so many states of one kind, each leading to the next."""
    states: dict[str, Any] = {f"S{number}": {**fields, "Next": f"S{number + 1}"} for number in range(count)}
    return {"StartAt": "S0", "States": {**states, f"S{count}": {"Type": "Succeed"}}}


RULES = "14,000 rules of one state"
WITHOUT_FAULT: dict[str, Any] = {
    "19,000 Pass states": _chain(19_000, Type="Pass"),
    "13,000 states that assign": _chain(13_000, Type="Pass", Assign={"v.$": "$.a"}),
    "2,900 Task states with Retry and Catch": _chain(
        2_900,
        Type="Task",
        Resource="arn:aws:states:::lambda:invoke",
        Parameters={"FunctionName": "f", "Payload": {"a.$": "$.a", "b.$": "$$.Execution.Id"}},
        TimeoutSeconds=30,
        Retry=[{"ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 2, "MaxAttempts": 3}],
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "S0"}],
    ),
    RULES: choice(*({"Variable": f"$.a{n}", "NumericEquals": n} for n in range(14_000))),
    "13,000 branches": one("Parallel", Branches=[_inner(number) for number in range(13_000)]),
    "7,500 Map states": {
        "StartAt": "S0",
        "States": {
            **{f"S{n}": {"Type": "Map", "ItemProcessor": _inner(n), "Next": f"S{n + 1}"} for n in range(7_500)},
            "S7500": {"Type": "Succeed"},
        },
    },
}


# What these two have over the others is little, so they wait for the long run.
SELDOM = ("13,000 states that assign", "7,500 Map states")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long if name in SELDOM else ()) for name in WITHOUT_FAULT]
)
def test_a_large_definition_without_a_fault_is_read_whole_within_a_second(name: str) -> None:
    text = json.dumps(WITHOUT_FAULT[name])
    assert len(text) > 0.7 * MAX_CHARACTERS
    # Nobody compares that many rules with each other, and that is told.
    incomplete = ["CHECK_INCOMPLETE"] if name == RULES else []
    assert [problem.code for problem in _checked_within_a_second(text)] == incomplete


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
