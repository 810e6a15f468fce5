"""Explaining the Choice results of a history, when explaining costs too much."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.workflows.asl.histories import history
from workflows.asl.history import choices, trace
from workflows.asl.jsonata import Reading, Unread

LOOP = {
    "QueryLanguage": "JSONata",
    "StartAt": "Again",
    "States": {
        "Again": {"Type": "Choice", "Choices": [{"Condition": "{% $slow() %}", "Next": "Done"}], "Default": "Again"},
        "Done": {"Type": "Succeed"},
    },
}


class Slow:
    """An evaluator that takes its time to say no."""

    asked = 0

    def evaluate(self, expression: str, bindings: Mapping[str, Any], seconds: float | None = None) -> Any:
        self.asked += 1
        time.sleep(0.06)
        return False

    def make_ready(self) -> None:
        """It is."""

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        return Reading()


def test_a_loop_of_slow_conditions_is_explained_for_a_while_and_observed_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choices, "SECONDS", 0.05)
    lines: list[tuple[Any, ...]] = [(0, "ExecutionStarted")]
    for _ in range(20):
        lines.append((len(lines), "ChoiceStateEntered", {"name": "Again", "input": "{}"}))
        lines.append((len(lines), "ChoiceStateExited", {"name": "Again", "output": "{}"}))
    lines.append((len(lines), "SucceedStateEntered", {"name": "Done", "input": "{}"}))
    evaluator = Slow()
    results = trace(LOOP, history(*lines), evaluator).choices
    assert evaluator.asked == 1
    assert [result.next for result in results] == ["Again"] * 19 + ["Done"]
    assert [result.rule for result in results] == ["default"] * 19 + [0]
    assert results[0].problem is None
    assert "too many" in (results[1].problem or "")


class Unable(Slow):
    """An evaluator for which every expression is too much."""

    def evaluate(self, expression: str, bindings: Mapping[str, Any], seconds: float | None = None) -> Any:
        raise Unread("", "The expression took longer than 0.5 s.")


def test_a_condition_too_slow_to_evaluate_here_contradicts_nothing() -> None:
    lines = history(
        (0, "ExecutionStarted"),
        (1, "ChoiceStateEntered", {"name": "Again", "input": "{}"}),
        (2, "ChoiceStateExited", {"name": "Again", "output": "{}"}),
        (3, "SucceedStateEntered", {"name": "Done", "input": "{}"}),
    )
    (result,) = trace(LOOP, lines, Unable()).choices
    assert (result.next, result.rule, result.agrees, result.explained_next) == ("Done", 0, True, None)
    assert "was not evaluated here" in (result.problem or "")


@pytest.mark.parametrize("expression", ["$toMillis($now()) < 1", "$random() >= 0", "$shuffle([1])[0] = 1"])
def test_rules_that_give_another_value_each_time_are_no_evidence(expression: str) -> None:
    rule = {"Condition": f"{{% {expression} %}}", "Next": "Done"}
    states = {"Again": {**LOOP["States"]["Again"], "Choices": [rule]}, "Done": {"Type": "Succeed"}}  # type: ignore[index]
    lines = history(
        (0, "ExecutionStarted"),
        (1, "ChoiceStateEntered", {"name": "Again", "input": "{}"}),
        (2, "ChoiceStateExited", {"name": "Again", "output": "{}"}),
        (3, "SucceedStateEntered", {"name": "Done", "input": "{}"}),
    )
    (result,) = trace({**LOOP, "States": states}, lines, Slow()).choices
    assert (result.next, result.agrees, result.explained_next) == ("Done", True, None)
    assert "differs each time" in (result.problem or "")


def test_rules_that_look_at_what_no_history_tells_are_not_said_to_lead_elsewhere() -> None:
    for test in (
        {"Variable": "$$.StateMachine.Name", "StringEquals": "orders"},
        {"Not": {"Variable": "$$.Execution.Name", "StringEquals": "x"}},
    ):
        definition = {
            "StartAt": "Which",
            "States": {
                "Which": {"Type": "Choice", "Choices": [{**test, "Next": "Done"}], "Default": "Done"},
                "Done": {"Type": "Succeed"},
            },
        }
        lines = history(
            (0, "ExecutionStarted"),
            (1, "ChoiceStateEntered", {"name": "Which", "input": "{}"}),
            (2, "ChoiceStateExited", {"name": "Which", "output": "{}"}),
            (3, "SucceedStateEntered", {"name": "Done", "input": "{}"}),
        )
        (result,) = trace(definition, lines).choices
        assert (result.next, result.rule, result.agrees, result.explained_next) == ("Done", None, True, None)
        assert "context object" in (result.problem or "")
        known = {"StateMachine": {"Name": "orders"}, "Execution": {"Name": "y"}}
        (explained,) = trace(definition, lines, context=known).choices
        assert (explained.rule, explained.agrees, explained.problem) == (0, True, None)


@pytest.mark.parametrize(
    ("given", "error", "unread"),
    [('{"a": 2}', "States.Runtime", 1), ('{"a": 2, "n": 2}', "States.NoChoiceMatched", None)],
)
def test_a_rule_that_could_not_be_read_is_told_from_rules_that_are_false(
    given: str, error: str, unread: int | None
) -> None:
    rules = [
        {"Variable": "$.a", "NumericEquals": 1, "Next": "Done"},
        {"Variable": "$.n", "NumericEquals": 1, "Next": "Done"},
    ]
    states = {"Pick": {"Type": "Choice", "Choices": rules}, "Done": {"Type": "Succeed"}}
    told = history(
        (0, "ExecutionStarted", {"input": given}),
        (1, "ChoiceStateEntered", {"name": "Pick", "input": given}),
        (2, "ExecutionFailed", {"error": error}),
    )
    [result] = trace({"StartAt": "Pick", "States": states}, told).choices
    assert (result.next, result.rule, result.unread) == (None, None, unread)
    assert len(result.rules) == 2
