"""Conditions in JSONata: true, false and the errors AWS names, from the child process that evaluates them."""

import time
from typing import Any

import pytest

from workflows.asl import choice
from workflows.asl.choice import ChoiceAnswer, choose
from workflows.asl.jsonata import Evaluator, Reading
from workflows.evaluation import ChildEvaluator, evaluator

PATIENT = ChildEvaluator(seconds=30)  # what is told here must not depend on who else is at work

INPUT = {"type": "REFUND", "value": 7, "items": [{"n": 1}, {"n": 2}], "none": None}


@pytest.fixture(scope="module", autouse=True)
def _child() -> None:
    """Start the child before anything is timed."""
    evaluator().evaluate("1", {})


def decide(*conditions: Any, given: Any = INPUT, by: Evaluator = PATIENT, **more: Any) -> ChoiceAnswer:
    rules = [{"Condition": one, "Next": f"R{number}"} for number, one in enumerate(conditions)]
    state = {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": rules, "Default": "Else"}
    return choose(state, given, more.pop("variables", {}), more.pop("context", {}), by)


@pytest.mark.parametrize(
    "condition",
    [
        "{% $states.input.type = 'REFUND' %}",
        "{%$states.input.value > 6.5 and $states.input.value < 8%}",
        "{% $count($states.input.items[n > 1]) = 1 %}",
        "{% $exists($states.input.none) %}",
        "{% $states.input.none = null %}",
        "{% $not($exists($states.input.missing)) %}",
        "{% $kind = 'A' %}",
        "{% $states.context.State.Name = 'Check' %}",
        "{% $sum($states.input.items.n) in [3, 4] %}",
        "{%\n  $states.input.value % 2 = 1\n%}",
        True,
    ],
)
def test_a_condition_that_is_true_is_taken(condition: Any) -> None:
    answer = decide(condition, variables={"kind": "A"}, context={"State": {"Name": "Check"}})
    assert (answer.next, answer.rule, answer.error) == ("R0", 0, None)


def test_the_first_condition_that_is_true_decides() -> None:
    answer = decide("{% $states.input.value > 7 %}", False, "{% $states.input.value = 7 %}", "{% $error('no') %}")
    assert (answer.next, answer.rule) == ("R2", 2)
    assert [rule.test["result"] for rule in answer.rules] == [False, False, True]


def test_no_condition_that_is_true_leads_to_default() -> None:
    assert decide("{% false %}").rule == "default"


@pytest.mark.parametrize(
    ("condition", "cause"),
    [
        ("{% $states.input.missing %}", "returned nothing (undefined), not a boolean"),
        ("{% $states.input.value %}", "returned 7, not a boolean"),
        ("{% 'true' %}", 'returned "true", not a boolean'),
        ("{% null %}", "returned null, not a boolean"),
        ("{% [true] %}", "returned [true], not a boolean"),
        ("{% $nothing() %}", "T1006"),
        ("{% 1 + 'a' %}", "threw an error during evaluation. T2002"),
        ("{% 1 < 'a' %}", "threw an error during evaluation. T2009"),
        ("{% $eval('true') %}", "threw an error during evaluation"),
        ("{% ( %}", "threw an error during evaluation"),
        ("true", "not a JSONata expression"),
        ("{% true", "not a JSONata expression"),
        (7, "not a JSONata expression"),
    ],
)
def test_anything_but_true_and_false_fails_the_choice(condition: Any, cause: str) -> None:
    answer = decide(condition)
    assert (answer.next, answer.rule, answer.error) == (None, None, "States.QueryEvaluationError")
    assert cause in str(answer.cause)
    assert answer.rules[0].matched is False


def test_the_cause_names_the_expression_and_its_place() -> None:
    answer = decide(False, "{% $states.input.value %}")
    assert str(answer.cause).startswith(
        "The JSONata expression '$states.input.value' specified for the field 'Choices[1]/Condition' returned"
    )


def test_without_an_evaluator_the_answer_says_so() -> None:
    state = {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Condition": "{% true %}", "Next": "A"}]}
    answer = choose(state, {})
    assert (answer.next, answer.error, answer.is_known) == (None, None, False)
    assert answer.cause == "nothing here evaluates JSONata"


@pytest.mark.parametrize(
    "expression",
    [
        "($f := function($n) { $f($n + 1) }; $f(0))",
        "($f := function($n) { $n > 0 ? $f($n - 1) + $f($n - 1) : 1 }; $f(60) > 1)",
        "$contains($join([1..40].('a')) & 'b', /^(a+)+$/)",
        "$count([1..1000000].[1..1000]) > 1",
        "$string($states.input) & $pad('', 99999999)",
        "(" * 2_000 + "1" + ")" * 2_000,
        "$map([1..100000], function($a) { $map([1..100000], function($b) { $a * $b }) })",
    ],
)
def test_of_an_expression_without_end_nobody_can_say_where_it_leads(expression: str) -> None:
    began = time.monotonic()
    answer = decide(f"{{% {expression} %}}", by=evaluator())
    assert (answer.next, answer.error, answer.is_known) == (None, None, False)
    assert "was not evaluated here" in str(answer.cause)
    assert time.monotonic() - began < 10  # 0.6 s alone: half a second, and a child that starts anew
    assert decide("{% true %}").next == "R0"


class Slow:
    """An evaluator that takes its time to say no."""

    asked = 0

    def evaluate(self, expression: str, bindings: Any, seconds: float | None = None) -> Any:
        self.asked += 1
        time.sleep(0.03)
        return False

    def make_ready(self) -> None:
        """It is."""

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        return Reading()


def test_many_slow_conditions_are_tried_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "SECONDS", 0.05)
    slow, rules = Slow(), [{"Condition": f"{{% $slow({number}) %}}", "Next": "R"} for number in range(100)]
    state = {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": rules, "Default": "Else"}
    answer = choose(state, {}, {}, {}, slow)
    assert (answer.next, answer.error, answer.is_known) == (None, None, False)
    assert 2 <= slow.asked <= 4
    assert len(answer.rules) == slow.asked
