"""Any JSON, and any definition with something in it replaced, gets an answer."""

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.workflows.asl.checker.machines import LAMBDA
from workflows.asl.checker import check

DEFINITION: dict[str, Any] = {
    "StartAt": "Choose",
    "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "NumericEquals": 1}],
                    "Next": "Call",
                },
                {"Not": {"Variable": "$.a", "StringMatches": "a*"}, "Next": "Each"},
            ],
            "Default": "Sleep",
        },
        "Call": {
            "Type": "Task",
            "Resource": LAMBDA,
            "Parameters": {"a.$": "States.Format('{}', $.a)"},
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2}],
            "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Stop", "ResultPath": "$.e"}],
            "Next": "Sleep",
        },
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "Item",
                "States": {"Item": {"Type": "Pass", "End": True}},
            },
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}},
            "Next": "Both",
        },
        "Both": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}], "End": True},
        "Sleep": {"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% 1 %}", "Next": "Stop"},
        "Stop": {"Type": "Fail", "Error": "E", "CausePath": "$.c"},
    },
}
TEXTS = st.one_of(
    st.text(max_size=12), st.sampled_from(["$", "$.a[", "States.", "{%", "%}", "${a}", "Choose", "JSONata"])
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value with each of its keys or indexes."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


PLACES = range(len(places(DEFINITION)))


def answers(definition: Any) -> None:
    """Whether a check answers, with places that lie in the text."""
    check(definition, "EXPRESS")
    text = json.dumps(definition, indent=1)
    lines = text.split("\n")
    for problem in check(text):
        assert problem.message.endswith((".", "instead."))
        assert problem.code.isupper()
        assert problem.line <= len(lines)
        assert problem.line == 0 or 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@examples(30)
@given(VALUES)
def test_any_json_is_answered(value: Any) -> None:
    answers(value)


@examples(50)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.one_of(VALUES, st.just("drop"))), min_size=1, max_size=3))
def test_a_definition_with_something_replaced_is_answered(changes: list[tuple[int, Any]]) -> None:
    definition = copy.deepcopy(DEFINITION)
    for place, value in changes:
        found = places(definition)
        container, key = found[place % len(found)] if found else ({}, "")
        if value == "drop" and isinstance(container, dict):
            container.pop(key, None)
        else:
            container[key] = value
    answers(definition)


@examples(40)
@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    check(text)
    assert check(json.dumps(DEFINITION)[: len(text) * 20])
