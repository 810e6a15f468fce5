"""Predicting: how far an input is followed, with which data, and where it ends."""

import importlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workflows.asl.documents import DocumentError, read_value
from workflows.asl.history import trace
from workflows.asl.history.results import Visit
from workflows.asl.jsonata import Reading, Unread
from workflows.asl.model import ABSENT
from workflows.asl.predict import Step, predict
from workflows.evaluation import ChildEvaluator

PATIENT = ChildEvaluator(seconds=30)  # what is told here must not depend on who else is at work


@pytest.fixture(autouse=True)
def _followed_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("workflows.asl.predict"), "SECONDS", 60)


TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}


def machine(start: str, /, **states: Any) -> dict[str, Any]:
    return {"StartAt": start, "States": states}


def jsonata(start: str, /, **states: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", **machine(start, **states)}


def choice(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": list(rules), **more}


def equals(variable: str, expected: str, target: str, **more: Any) -> dict[str, Any]:
    return {"Variable": variable, "StringEquals": expected, "Next": target, **more}


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


def test_a_loop_is_followed_for_a_while_only() -> None:
    told = predict(machine("A", A={"Type": "Pass", "Next": "A"}), {})
    assert told.status == "unknown"
    assert "only" in (told.reason or "")


def test_data_that_doubles_in_a_loop_ends_where_awss_limit_does() -> None:
    double = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "Next": "A"}
    told = predict(machine("A", A=double), {"x": 1})
    assert told.error == "States.DataLimitExceeded"


class Slow:
    """An evaluator for which every expression is too much."""

    def evaluate(self, expression: str, bindings: Any, seconds: float | None = None) -> Any:
        raise Unread("", "The expression took longer than 0.5 s.")

    def make_ready(self) -> None:
        """It is."""

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        return Reading()


class Sleeping(Slow):
    """An evaluator that takes its time."""

    def evaluate(self, expression: str, bindings: Any, seconds: float | None = None) -> Any:
        time.sleep(0.02)
        return 1


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Choice", "Choices": [{"Condition": "{% $slow() %}", "Next": "A"}], "Default": "A"},
        {"Type": "Pass", "Output": "{% $slow() %}", "End": True},
    ],
)
def test_of_an_expression_that_takes_too_long_here_nobody_can_say_what_it_gives(state: dict[str, Any]) -> None:
    told = predict({**machine("A", A=state), "QueryLanguage": "JSONata"}, {}, Slow())
    assert (told.status, told.error) == ("unknown", None)
    assert "was not evaluated here" in (told.reason or "")


@pytest.mark.parametrize(
    ("state", "data"),
    [
        (
            {"Type": "Pass", "Parameters": {f"k{n}.$": "$..b" for n in range(500)}, "End": True},
            {"a": [{"b": 0}] * 3_000},
        ),
        ({"Type": "Pass", "Output": ["{% $slow() %}"] * 3_000, "End": True, "QueryLanguage": "JSONata"}, {}),
        (
            {"Type": "Pass", "Parameters": {f"k{n}.$": "States.ArrayUnique($)" for n in range(3_000)}, "End": True},
            [1] * 9_000,
        ),
        (
            {"Type": "Pass", "Parameters": {"k.$": f"States.JsonToString(States.Array({'$,' * 5_000}$))"}, "End": True},
            "x" * 99_999,
        ),
        (
            {"Type": "Pass", "Parameters": {"k.$": f"States.Format('{'{}' * 3_000}'{',$' * 3_000})"}, "End": True},
            "x" * 99_999,
        ),
        (
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "StringMatches": f"*a*b*c*{n}", "Next": "A"} for n in range(9_000)],
            },
            "abc" * 40_000,
        ),
    ],
)
def test_one_bound_holds_for_all_that_is_in_a_state(state: dict[str, Any], data: Any) -> None:
    began = time.monotonic()
    told = predict(machine("A", A=state), data, Sleeping(), seconds=0.02)
    assert (told.status, told.error) == ("unknown", None)
    assert told.reason
    assert told.reason.endswith(".")
    assert not told.reason.endswith("..")
    assert time.monotonic() - began < 5  # 0.1 s alone; most of these took minutes


def test_a_catch_that_only_a_run_can_fill_is_not_called_a_failure() -> None:
    catch = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.context.Execution.Id %}", "Next": "B"}
    task = {**TASK, "Arguments": "{% $states.input.missing %}", "Catch": [catch]}
    told = predict(jsonata("A", A=task, B={"Type": "Succeed"}), {}, PATIENT)
    assert (told.status, told.error) == ("unknown", None)
    assert "context object" in (told.reason or "")


def test_a_way_whose_data_is_too_much_to_tell_is_not_followed_further() -> None:
    told = predict(machine("A", A={"Type": "Pass", "Next": "A"}), "x" * 200_000)
    assert told.status == "unknown"
    assert len(told.steps) < 100


@pytest.mark.parametrize("text", ["é" * 50_000, "\N{GRINNING FACE}" * 30_000, [1] * 100_000, "x" * 262_130])
def test_data_is_as_large_as_its_bytes_in_utf_8(text: Any) -> None:
    assert predict(machine("A", A={"Type": "Pass", "End": True}), {"s": text}).status == "succeeded"


def test_data_beyond_256_kib_ends_the_way() -> None:
    told = predict(machine("A", A={"Type": "Pass", "End": True}), {"s": "é" * 131_072})
    assert (told.status, told.error) == ("failed", "States.DataLimitExceeded")


def test_data_that_nests_in_a_loop_is_not_followed_for_ever() -> None:
    told = predict(machine("A", A={"Type": "Pass", "Parameters": {"a.$": "$"}, "Next": "A"}), {"x": 1})
    assert told.status == "unknown"
    assert "nested too deeply" in (told.reason or "")


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


def test_jsonata_that_could_not_be_read_in_time_says_nothing_against_a_definition() -> None:
    assert predict(jsonata("A", A={"Type": "Succeed", "Output": "{% 1"}, B=TASK), {}, Slow()).status == "succeeded"


def test_the_operator_that_is_none_of_the_language_is_called_that() -> None:
    told = predict(machine("A", A=choice({"Variable": "$.a", "Foo": 1, "Next": "A"})), {"a": 1})
    assert told.cause == "The rule cannot be read: what it has is no operator of the language."


@pytest.mark.parametrize("definition", ["", "{", "[]", "{}", '{"StartAt": "A", "States": {}}'])
def test_what_is_no_machine_is_said_to_be_none(definition: str) -> None:
    assert predict(definition, {}).reason == "The definition has no state to start at."


# -- against what AWS recorded ----------------------------------------------------------------------------------------

CASES = os.environ.get("SIGNALBOX_ASL_CASES")


def _recorded() -> Iterator[dict[str, Any]]:
    for file in sorted(Path(CASES or "", "histories").glob("*.json")):
        yield from (record for record in read_value(file.read_text(), 1 << 27) if record["definition"])


def _samples(record: dict[str, Any], visits: list[Visit]) -> dict[str, Any]:
    """What every Task visited once gave: the output of its one event of success."""
    samples = {}
    for visit in visits:
        if visit.type != "Task" or [other.state for other in visits].count(visit.state) > 1:
            continue
        for event in record["events"]:
            if visit.entered_event < event["id"] <= (visit.exited_event or 0) and event["type"].endswith("Succeeded"):
                details = next(value for key, value in event.items() if key.endswith("EventDetails"))
                samples[visit.state] = read_value(details.get("output", "null"))
    return samples


def _same(text: str | None, value: Any) -> bool:
    """Whether a recorded text is this value; records have words in place of what differs in every run."""
    try:
        return text is None or "<" in text or read_value(text) == value
    except DocumentError:
        return True


@pytest.mark.skipif(not CASES, reason="SIGNALBOX_ASL_CASES does not name the folder of recorded cases")
def test_predictions_go_the_way_and_carry_the_data_that_aws_recorded() -> None:
    followed, wrong = 0, []
    for record in _recorded():
        traced = trace(record["definition"], record["events"], PATIENT)
        visits = [visit for visit in traced.visits if not visit.path]
        told = predict(record["definition"], read_value(traced.input or "{}"), PATIENT, _samples(record, visits))
        for step, visit in zip(told.steps, visits, strict=False):
            if not _agree(step, visit):
                wrong.append(f"{record['id']}: {step.state}")
                break
            followed += 1
    assert followed > 150
    # Times that were made up after recording are no times any more, so a Wait cannot be followed past them.
    assert [name for name in wrong if "Wait" not in name and "wait" not in name] == []


def _agree(step: Step, visit: Visit) -> bool:
    if step.state != visit.state or not _same(visit.input, step.input):
        return False
    return step.output is ABSENT or visit.next != step.next or _same(visit.output, step.output)
