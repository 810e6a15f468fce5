"""Predicting: how far an input is followed, with which data, and where it ends."""

from typing import Any

import pytest

from tests.workflows.asl.machines import PATIENT, TASK, choice, equals, jsonata, machine
from workflows.asl.model import ABSENT
from workflows.asl.predict import predict

pytestmark = pytest.mark.usefixtures("patience")

GUIDE = machine(
    "Which",
    Which=choice(equals("$.type", "PURCHASE", "Buy"), equals("$.type", "REFUND", "Refund")),
    Buy=TASK,
    Refund=TASK,
)


def test_the_way_ends_at_the_first_task_and_says_so() -> None:
    told = predict(GUIDE, {"type": "REFUND"})
    assert [step.state for step in told.steps] == ["Which", "Refund"]
    assert told.status == "unknown"
    assert told.reason == "What the Task Refund gives is known only when it has run."
    assert told.steps[0].choice
    assert told.steps[0].choice.rule == 1


def test_a_sample_of_what_a_task_gives_leads_on() -> None:
    told = predict(GUIDE, {"type": "REFUND"}, samples={"Refund": {"ok": True}})
    assert (told.status, told.output) == ("succeeded", {"ok": True})


def test_no_rule_that_matches_is_a_failure_with_awss_name() -> None:
    told = predict(GUIDE, {"type": "OTHER"})
    assert (told.status, told.error) == ("failed", "States.NoChoiceMatched")
    assert told.choices[0].next is None


def test_a_missing_variable_is_a_runtime_failure() -> None:
    assert predict(GUIDE, {}).error == "States.Runtime"


def test_a_choice_whose_input_path_only_a_run_knows_is_not_guessed() -> None:
    definition = machine(
        "Which", Which=choice(equals("$.n", "x", "Buy"), Default="Buy", InputPath="$$.Map.Item"), Buy=TASK
    )
    told = predict(definition, {"n": "x"})
    assert told.status == "unknown"
    assert [step.next for step in told.steps] == [None]


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "InputPath": "$.items[?(@.sku =~ /A.*/)]", "End": True},
        {"Type": "Pass", "Parameters": {"n.$": "$.items.length()"}, "End": True},
        {"Type": "Pass", "Parameters": {"n.$": "States.ArrayLength($.items[?(@.sku nin ['A'])])"}, "End": True},
        {"Type": "Pass", "InputPath": "$..*..*..*..*", "End": True},
        choice({"Variable": "$.items[?(@.sku nin ['A'])]", "IsPresent": True, "Next": "Only"}, Default="Only"),
    ],
)
def test_a_path_that_is_not_read_here_is_not_called_a_failure(state: dict[str, Any]) -> None:
    deep: Any = 1
    for _ in range(100):
        deep = {"n": deep}
    told = predict(machine("Only", Only=state), {"items": [{"sku": "A"}], "deep": deep})
    assert (told.status, told.error) == ("unknown", None)
    assert told.reason


def test_a_fail_takes_its_words_by_path_or_by_function() -> None:
    state = {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{} went wrong', $.what)"}
    told = predict(machine("Only", Only=state), {"e": "Lost", "what": "Paying"})
    assert (told.status, told.error, told.cause) == ("failed", "Lost", "Paying went wrong")


def test_jsonpath_data_flows_through_every_field_in_order() -> None:
    state = {
        "Type": "Pass",
        "InputPath": "$.order",
        "Parameters": {
            "id.$": "$.id",
            "label.$": "States.Format('{}!', $.name)",
            "kept": {"deep.$": "$$.Execution.Input.tag"},
        },
        "ResultPath": "$.made",
        "OutputPath": "$.made",
        "End": True,
    }
    told = predict(machine("P", P=state), {"order": {"id": 1, "name": "x"}, "tag": "t"})
    assert told.output == {"id": 1, "label": "x!", "kept": {"deep": "t"}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [("$", 9), ("$.a", {"a": 9, "k": {"l": 1}}), ("$.k.m", {"k": {"l": 1, "m": 9}}), (None, {"k": {"l": 1}})],
)
def test_a_result_is_written_where_result_path_says(path: str | None, expected: Any) -> None:
    told = predict(machine("P", P={"Type": "Pass", "Result": 9, "ResultPath": path, "End": True}), {"k": {"l": 1}})
    assert told.output == expected


@pytest.mark.parametrize("value", [1, None, [1], "text"])
def test_a_result_that_has_no_place_is_a_failure(value: Any) -> None:
    told = predict(machine("P", P={"Type": "Pass", "Result": 9, "ResultPath": "$.k.l", "End": True}), {"k": value})
    assert told.error == "States.ResultPathMatchFailure"


def test_a_null_input_path_gives_an_empty_object() -> None:
    told = predict(machine("P", P={"Type": "Pass", "InputPath": None, "OutputPath": "$", "End": True}), {"k": 1})
    assert told.output == {}


def test_variables_go_from_state_to_state() -> None:
    told = predict(
        machine(
            "P",
            P={"Type": "Pass", "Assign": {"who.$": "$.name"}, "Next": "C"},
            C=choice(equals("$who", "Ada", "Yes", Assign={"seen": True}), Default="No"),
            Yes={"Type": "Succeed"},
            No={"Type": "Succeed"},
        ),
        {"name": "Ada"},
    )
    assert [step.state for step in told.steps] == ["P", "C", "Yes"]
    assert told.steps[1].assigned == {"seen": True}


def test_jsonata_data_flows_by_output_and_assign() -> None:
    told = predict(
        jsonata(
            "P",
            P={"Type": "Pass", "Assign": {"sum": "{% $sum($states.input.items) %}"}, "Next": "C"},
            C={
                "Type": "Choice",
                "Choices": [{"Condition": "{% $sum > 5 %}", "Next": "Big", "Output": {"was": "{% $sum %}"}}],
                "Default": "Small",
            },
            Big={"Type": "Succeed", "Output": {"result": "{% $states.input.was %}", "fixed": [1]}},
            Small={"Type": "Succeed"},
        ),
        {"items": [1, 2, 3]},
        PATIENT,
    )
    assert (told.status, told.output) == ("succeeded", {"result": 6, "fixed": [1]})


def test_jsonata_that_gives_nothing_is_a_failure() -> None:
    told = predict(jsonata("P", P={"Type": "Pass", "Output": "{% $states.input.missing %}", "End": True}), {}, PATIENT)
    assert told.error == "States.QueryEvaluationError"


@pytest.mark.parametrize("expression", ["function($x) { $x }", "$sum", "/a/", "{'f': [$sum]}"])
def test_jsonata_that_gives_a_function_is_a_failure(expression: str) -> None:
    told = predict(jsonata("P", P={"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}), {}, PATIENT)
    assert (told.status, told.error) == ("failed", "States.QueryEvaluationError")
    assert told.cause is not None
    assert told.cause.endswith("specified for the field 'Output' returned an unsupported result type.")


def test_without_an_evaluator_jsonata_is_not_guessed() -> None:
    told = predict(jsonata("P", P={"Type": "Pass", "Output": "{% 1 %}", "End": True}), {})
    assert (told.status, told.output) == ("unknown", ABSENT)


def test_assign_sees_what_came_and_not_what_a_result_selector_makes_of_it() -> None:
    task = TASK | {"ResultSelector": {"p.$": "$.Payload"}, "Assign": {"v.$": "$.Payload.k"}}
    told = predict(machine("A", A=task), {}, samples={"A": {"Payload": {"k": 3}}})
    assert (told.output, told.steps[0].assigned) == ({"p": {"k": 3}}, {"v": 3})


@pytest.mark.parametrize(
    "expression",
    [
        "$uuid()",
        "$now()",
        "$random()",
        "$shuffle([1..9])[0]",
        "[1, 2] ~> $map($random)",
        "($f := $now; $f())",
        "$states.context.Execution.Id",
        "$states.context.Execution.InputX",
        "$states.`context`.Execution.Id",
        "$string($states)",
        "($s := $states; $s.context.Execution.Id)",
    ],
)
def test_what_only_a_run_has_is_not_made_up(expression: str) -> None:
    told = predict(jsonata("P", P={"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}), {}, PATIENT)
    assert told.status == "unknown"


@pytest.mark.parametrize("path", ["$.l[*].k", "$.l[0:2]", "$.l[?(@.k > 1)]", "$.l..k"])
def test_what_aws_makes_of_a_search_in_what_is_not_there_is_not_guessed(path: str) -> None:
    definition = machine("P", P={"Type": "Pass", "Parameters": {"x.$": path}, "End": True})
    assert predict(definition, {}).status == "unknown"
    assert predict(definition, {"l": []}).output == {"x": []}


def test_task_failed_stands_for_every_error_but_those_that_nothing_catches() -> None:
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}]
    for path, status in (("States.ArrayGetItem($.l, 9)", "succeeded"), ("$.nope", "failed")):
        task = TASK | {"Parameters": {"x.$": path}, "Catch": catch}
        assert predict(machine("A", A=task, B={"Type": "Succeed"}), {"l": [1]}).status == status


def test_jsonata_sees_what_is_known_of_a_run_before_it() -> None:
    expression = "{% $states.context.Execution.Input.a & $states . context.State.Name & $now %}"
    states = {
        "P": {"Type": "Pass", "Assign": {"now": "{% 'x' %}"}, "Next": "Q"},
        "Q": {"Type": "Pass", "Output": expression, "End": True},
    }
    assert predict(jsonata("P", **states), {"a": "b"}, PATIENT).output == "bQx"


def test_a_rule_on_the_running_machine_is_not_guessed() -> None:
    rule = {"Variable": "$$.Execution.Id", "IsPresent": True, "Next": "Yes"}
    told = predict(machine("C", C=choice(rule, Default="No"), Yes={"Type": "Succeed"}, No={"Type": "Succeed"}), {})
    assert told.status == "unknown"
    assert told.reason == "The rules of C look at $$.Execution.Id, which is known only while it runs."


def test_fail_states_say_with_what() -> None:
    fail = {"Type": "Fail", "ErrorPath": "$.code", "CausePath": "$.why"}
    told = predict(machine("F", F=fail), {"code": "E1", "why": "closed"})
    assert (told.status, told.error, told.cause) == ("failed", "E1", "closed")


@pytest.mark.parametrize(
    ("field", "path"), [("ErrorPath", "$.n"), ("CausePath", "$.n"), ("CausePath", "States.MathAdd($.n, 1)")]
)
def test_a_fail_state_fails_otherwise_where_its_words_are_no_text(field: str, path: str) -> None:
    told = predict(machine("F", F={"Type": "Fail", field: path}), {"n": 1})
    assert (told.status, told.error) == ("failed", "States.Runtime")
    assert told.cause == f"The value returned by {field} must be a string."


@pytest.mark.parametrize(("expression", "kind"), [("5", "number"), ("[true]", "array"), ("null", "null")])
def test_a_fail_state_whose_jsonata_gives_no_text_fails_otherwise(expression: str, kind: str) -> None:
    told = predict(jsonata("F", F={"Type": "Fail", "Error": "E", "Cause": f"{{% {expression} %}}"}), {}, PATIENT)
    assert (told.status, told.error) == ("failed", "States.QueryEvaluationError")
    assert told.cause is not None
    assert told.cause.endswith(f"Expected 'string', but was '{kind}' for value: {expression}")


def test_a_task_that_cannot_be_given_its_parameters_goes_where_it_is_caught() -> None:
    task = {**TASK, "Parameters": {"a.$": "$.none"}, "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "Told"}]}
    told = predict(machine("T", T=task, Told={"Type": "Succeed"}), {})
    assert [step.state for step in told.steps] == ["T", "Told"]
    assert told.output["Error"] == "States.Runtime"


@pytest.mark.parametrize(
    ("wait", "error"),
    [
        ({"SecondsPath": "$.n"}, None),
        ({"SecondsPath": "$.text"}, "States.Runtime"),
        ({"TimestampPath": "$.at"}, None),
        ({"TimestampPath": "$.text"}, "States.Runtime"),
        ({"Seconds": 3}, None),
    ],
)
def test_a_wait_needs_a_time(wait: dict[str, Any], error: str | None) -> None:
    given = {"n": 3, "text": "soon", "at": "2026-01-01T00:00:00Z"}
    assert predict(machine("W", W={"Type": "Wait", **wait, "End": True}), given).error == error


def test_a_catch_that_only_a_run_can_fill_is_not_called_a_failure() -> None:
    catch = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.context.Execution.Id %}", "Next": "B"}
    task = {**TASK, "Arguments": "{% $states.input.missing %}", "Catch": [catch]}
    told = predict(jsonata("A", A=task, B={"Type": "Succeed"}), {}, PATIENT)
    assert (told.status, told.error) == ("unknown", None)
    assert "context object" in (told.reason or "")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"Type": "Foo"}, "A is of no type"),
        ("no object", "A is of no type"),
        ({"Type": "Pass"}, "A does not say where it leads to"),
        ({"Type": "Choice", "Choices": []}, "A has no rules"),
        (choice({"Variable": "$.a", "IsPresent": False}), "A does not say where it leads to"),
        ({**TASK, "Catch": [{"ErrorEquals": ["States.ALL"]}]}, "A does not say where it leads to"),
    ],
)
def test_of_what_aws_does_not_take_it_is_not_said_how_it_ends(state: Any, said: str) -> None:
    told = predict(machine("A", A=state), {})
    assert (told.status, told.error) == ("unknown", None)
    assert told.reason
    assert told.reason.startswith("AWS does not take this definition: ")
    assert said in told.reason


@pytest.mark.parametrize(("expression", "said"), [("$a +", "cannot be read as JSONata"), ("total", "of an input")])
@pytest.mark.parametrize("field", ["Output", "Assign"])
def test_a_definition_with_jsonata_that_aws_refuses_is_not_followed(expression: str, said: str, field: str) -> None:
    never_reached = {"Type": "Pass", field: {"b": f"{{% {expression} %}}"}, "End": True}
    told = predict(jsonata("A", A={"Type": "Succeed"}, B=never_reached), {}, PATIENT)
    assert (told.status, told.steps) == ("unknown", ())
    assert told.reason
    assert told.reason.startswith(f"AWS does not take this definition: B {'' if said[0] == 'c' else 'refers to '}")
    assert said in told.reason
    assert told.reason.endswith(f"It stands at /States/B/{field}/b.")


def test_the_operator_that_is_none_of_the_language_is_called_that() -> None:
    told = predict(machine("A", A=choice({"Variable": "$.a", "Foo": 1, "Next": "A"})), {"a": 1})
    assert told.cause == "The rule cannot be read: what it has is no operator of the language."


@pytest.mark.parametrize("definition", ["", "{", "[]", "{}", '{"StartAt": "A", "States": {}}'])
def test_what_is_no_machine_is_said_to_be_none(definition: str) -> None:
    assert predict(definition, {}).reason == "The definition has no state to start at."
