"""The model of a definition: query languages are inherited, and whatever is wrong is left out, never raised."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from workflows.asl import graph
from workflows.asl.bounds import TooMuch
from workflows.asl.choice import choose
from workflows.asl.documents import MAX_CHARACTERS, write
from workflows.asl.model import And, Choice, Comparison, Condition, Fail, Map, Not, Or, Parallel, Pass, Task, Wait
from workflows.asl.parser import MOST_PARTS, TOO_MANY_PARTS, Parsed, parse, parse_state
from workflows.asl.predict import predict


def machine(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state}, **more}


def state_of(parsed: Parsed) -> Any:
    assert parsed.machine is not None
    return parsed.machine.states["A"]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"Type": "Task", "Resource": "arn:x", "End": True}, Task),
        ({"Type": "Pass", "End": True}, Pass),
        ({"Type": "Choice", "Choices": []}, Choice),
        ({"Type": "Wait", "Seconds": 1, "End": True}, Wait),
        ({"Type": "Fail"}, Fail),
        ({"Type": "Parallel", "Branches": [], "End": True}, Parallel),
        ({"Type": "Map", "Iterator": machine({"Type": "Pass"}), "End": True}, Map),
    ],
)
def test_every_type_has_its_model(raw: dict[str, Any], kind: type) -> None:
    assert type(state_of(parse(machine(raw)))) is kind
    assert type(parse_state("A", raw)) is kind


def test_a_state_goes_before_the_machine_in_naming_its_query_language() -> None:
    both = parse(machine({"Type": "Pass", "QueryLanguage": "JSONata"}))
    assert state_of(both).query_language == "JSONata"
    assert state_of(parse(machine({"Type": "Pass"}, QueryLanguage="JSONata"))).query_language == "JSONata"
    assert state_of(parse(machine({"Type": "Pass"}))).query_language == "JSONPath"


def test_tests_are_nested_as_they_are_written() -> None:
    comparison = {"Variable": "$.a", "IsNull": True}
    rule = {"And": [{"Or": [comparison]}, {"Not": comparison}], "Next": "B"}
    choice = state_of(parse(machine({"Type": "Choice", "Choices": [rule, {"Condition": "{% $a %}"}]})))
    both, condition = choice.rules[0].test, choice.rules[1].test
    assert isinstance(both, And)
    either, negated = both.tests
    assert isinstance(either, Or) and isinstance(negated, Not)
    assert isinstance(negated.test, Comparison)
    assert (negated.test.variable, negated.test.operator, negated.test.expected) == ("$.a", "IsNull", True)
    assert (choice.rules[0].next, choice.rules[1].next) == ("B", None)
    assert isinstance(condition, Comparison | Condition)


@pytest.mark.parametrize("text", ["", "{", "nul", '{"a": 1e99999}', "[" * 5_000])
def test_text_that_is_no_json_is_one_problem(text: str) -> None:
    parsed = parse(text)
    assert parsed.machine is None
    (problem,) = parsed.problems
    assert (problem.code, problem.is_error) == ("INVALID_JSON", True)


@pytest.mark.parametrize("text", ["7", "null", '"x"', "[]"])
def test_json_that_is_no_object_is_no_machine(text: str) -> None:
    parsed = parse(text)
    assert parsed.machine is None
    assert parsed.problems


def test_the_text_may_be_given_or_the_object() -> None:
    raw = machine({"Type": "Wait", "Seconds": 5, "Next": "B"})
    assert parse(write(raw)).machine == parse(raw).machine


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, "", "A", "B", "$.a", "{% 1 %}", "States.UUID()", True, [], {}, [{}], [[]], {"A": 1}, -1.5]
)
FIELDS = [
    *("Next", "End", "Default", "Choices", "InputPath", "OutputPath", "ResultPath", "Parameters", "Result", "Retry"),
    *(
        "Catch",
        "Branches",
        "ItemProcessor",
        "Iterator",
        "ItemsPath",
        "Seconds",
        "Timestamp",
        "Error",
        "Cause",
        "Assign",
    ),
    *(
        "Output",
        "Arguments",
        "QueryLanguage",
        "Resource",
        "TimeoutSeconds",
        "MaxConcurrency",
        "ErrorPath",
        "SecondsPath",
    ),
]
TYPES = st.sampled_from(["Task", "Choice", "Pass", "Wait", "Succeed", "Fail", "Parallel", "Map", "Nothing", 7])
STATES = st.recursive(
    st.builds(
        lambda kind, fields: {"Type": kind, **fields}, TYPES, st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=5)
    ),
    lambda inner: st.builds(
        lambda kind, field, states: {"Type": kind, field: {"StartAt": "A", "States": states}, "Branches": [states]},
        TYPES,
        st.sampled_from(["ItemProcessor", "Iterator"]),
        st.dictionaries(st.sampled_from("ABC"), inner, max_size=2),
    ),
    max_leaves=4,
)


@examples(100)
@given(st.dictionaries(st.sampled_from("ABC"), STATES | JUNK, max_size=3) | JUNK, JUNK, JUNK)
def test_whatever_the_fields_hold_it_is_parsed_drawn_and_followed(states: Any, start: Any, language: Any) -> None:
    parsed = parse({"StartAt": start, "States": states, "QueryLanguage": language})
    if parsed.machine is not None:
        graph.build(parsed.machine)
        write(predict(parsed.machine, {"a": 1}).as_dict())


def test_an_assignment_that_is_no_object_assigns_nothing() -> None:
    for kind in ("Pass", "Choice", "Succeed"):
        raw = {"Type": kind, "Assign": [1], "End": True, "Default": "A", "Choices": []}
        assert predict(machine(raw), {}).as_dict()["steps"]


@pytest.mark.parametrize(
    ("kind", "parts"), [("Parallel", "Branches"), ("Choice", "Choices"), ("Task", "Retry"), ("Pass", "Catch")]
)
def test_more_parts_than_a_definition_can_hold_are_one_problem_instead_of_a_machine(kind: str, parts: str) -> None:
    parsed = parse(machine({"Type": kind, parts: [{}] * (MOST_PARTS + 1)}))
    assert parsed.machine is None
    assert [problem.code for problem in parsed.problems] == ["TOO_MANY_PARTS"]


def test_a_state_on_its_own_has_no_more_parts_than_a_definition() -> None:
    raw = {"Type": "Choice", "Choices": [{}] * (MOST_PARTS + 1)}
    with pytest.raises(TooMuch):
        parse_state("A", raw)
    answer = choose(raw, {})
    assert (answer.is_known, answer.cause) == (False, TOO_MANY_PARTS)


def test_the_parts_of_all_states_are_counted_together() -> None:
    half = {"Type": "Task", "Retry": [{}] * (MOST_PARTS // 2 + 1)}
    assert parse(machine(half)).machine is not None
    assert parse({"StartAt": "A", "States": {"A": half, "B": half}}).machine is None


def test_the_longest_valid_list_of_retry_rules_is_read_wholly() -> None:
    rule = '{"ErrorEquals":["E"]}'
    many = MAX_CHARACTERS // len(rule + ",") - 10
    retry = ",".join([rule] * many)
    parsed = parse(f'{{"StartAt":"A","States":{{"A":{{"Type":"Task","Retry":[{retry}]}}}}}}')
    assert len(state_of(parsed).retry) == many
