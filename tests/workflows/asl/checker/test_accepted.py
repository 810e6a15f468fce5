"""What AWS accepts although it looks doubtful, and what a problem tells."""

import time
from typing import Any

import pytest

from tests.workflows.asl.checker.machines import (
    ACTIVITY,
    LAMBDA,
    choice,
    distributed,
    errors,
    inner,
    jsonata,
    one,
    task,
)
from workflows.asl.checker import check, jsonata_syntax
from workflows.asl.jsonata import Reading, Unread

ACCEPTED: dict[str, Any] = {
    "paths that are null": one("Pass", InputPath=None, OutputPath=None, ResultPath=None),
    "the context object as input": one("Pass", InputPath="$$.Execution.Id"),
    "parameters that are a text": one("Pass", Parameters="I am no object"),
    "a dot before a bracket": one("Pass", Parameters={"a.$": "$.[0].body", "b.$": "$.[?(@.n > 0)]"}),
    "a function at the end of a path": one("Pass", Parameters={"n.$": "$.items.length()"}),
    "a filter by a pattern": one("Pass", InputPath="$.items[?(@.sku =~ /A-.*/i)]"),
    "a filter by a list": one("Pass", InputPath="$.items[?(@.sku nin ['A', 'B'])]"),
    "a filter by a length": one("Pass", Parameters={"n.$": "$.items[?(@.sku.length() > 2)].sku"}),
    "blanks behind a call": one("Pass", Parameters={"a.$": "States.UUID()   "}),
    "legal escapes in a call": one("Pass", Parameters={"a.$": "States.Format('it\\'s \\{{}\\}', $.a)"}),
    "a variable for a wait": one("Wait", SecondsPath="$seconds"),
    "no wait at all": one("Wait", Seconds=0),
    "no wait before a retry": task(Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": 0, "MaxDelaySeconds": 31_622_400}]),
    "a machine's timeout of nothing": {**one("Pass"), "TimeoutSeconds": 0},
    "a variable of the same name in two branches": one(
        "Parallel",
        Branches=[inner(), {"StartAt": "J", "States": {"J": {"Type": "Pass", "Assign": {"v": 1}, "End": True}}}],
    ),
    "a variable inside child workflows, which see none outside": distributed(
        Assign={"v": 1},
        ItemProcessor=inner(
            ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            States={"I": {"Type": "Pass", "Assign": {"v": 1}, "End": True}},
        ),
    ),
    "a timestamp to the nanosecond": one("Wait", Timestamp="2016-03-05T21:29:29.243167252Z"),
    "Fail without anything": one("Fail"),
    "an error by its path and a cause by a call": one("Fail", ErrorPath="$.e", CausePath="States.Format('{}', $.c)"),
    "placeholders for values": task(Resource="${Function}", TimeoutSeconds="${Seconds}", InputPath="${Path}"),
    "a placeholder inside an ARN": task(Resource="arn:${Partition}:states:::lambda:invoke", Parameters="${P}"),
    "a token from an AWS SDK call": task(
        Resource="arn:aws:states:::aws-sdk:s3:listBuckets.waitForTaskToken", Parameters={}
    ),
    "an activity": task(Resource=ACTIVITY, TimeoutSeconds=10, HeartbeatSeconds=9),
    "a role by its path": task(Credentials={"RoleArn.$": "$.role"}),
    "parameters by their paths": task(
        Resource="arn:aws:states:::lambda:invoke.waitForTaskToken", Parameters={"FunctionName.$": "$.name"}
    ),
    "States.ALL alone and last": task(Retry=[{"ErrorEquals": ["E"]}, {"ErrorEquals": ["States.ALL"]}]),
    "comments on rules at every depth": choice(
        {"Not": {"Variable": "$.a", "IsNull": True, "Comment": "c"}, "Comment": "c"}
    ),
    "a rule that compares two paths": choice({"Variable": "$.a", "NumericEqualsPath": "$$.Map.Item.Index"}),
    "Iterator of old": one("Map", Iterator=inner(), Parameters={"a.$": "$$.Map.Item.Value"}),
    "a distributed Map with all its parts": distributed(
        ItemReader={
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 5},
            "Parameters": {"Bucket": "b", "Key.$": "$.key"},
        },
        ItemBatcher={"MaxItemsPerBatch": 10, "MaxInputBytesPerBatch": 262_144, "BatchInput": {"a.$": "$.a"}},
        ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}},
        ToleratedFailurePercentage=5,
        Label="l" * 40,
    ),
    "JSONata where a number is wanted": jsonata("Wait", Seconds="{% $states.input.n %}"),
    "JSONata without blanks": jsonata("Pass", Output="{%10%}"),
    "JSONata for a Map's items": jsonata("Map", Items="{% $states.input %}", ItemProcessor=inner()),
    "JSONata for a single state": one("Pass", QueryLanguage="JSONata", Output={"a": "{% 1 %}"}),
    "a condition that is a boolean": {**choice({"Condition": False}), "QueryLanguage": "JSONata"},
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_aws_accepts(name: str) -> None:
    assert errors(ACCEPTED[name]) == []


def test_a_problem_of_a_text_has_the_place_of_what_is_wrong() -> None:
    text = '{\n  "StartAt": "S",\n  "States": {\n    "S": {"Type": "Pass", "Next": "T"}\n  }\n}'
    found = next(problem for problem in check(text) if problem.code == "MISSING_TRANSITION_TARGET")
    assert (found.path, found.line, found.column) == ("/States/S/Next", 4, 27)


def test_a_problem_of_an_object_has_no_place() -> None:
    assert {(problem.line, problem.column) for problem in check({})} == {(0, 0)}


def test_errors_come_before_warnings() -> None:
    severities = [problem.severity for problem in check(task(Resource="no"))]
    assert severities == sorted(severities)
    assert set(severities) == {"error", "warning"}


def test_errors_of_a_text_come_in_its_order() -> None:
    text = '{"StartAt": "S",\n"States": {"S": {"Type": "Wait", "Seconds": "5",\n"Next": "T"}},\n"Version": "2"}'
    assert [problem.line for problem in check(text)] == [2, 2, 3, 4]


def test_states_inside_a_map_do_not_take_over_its_query_language() -> None:
    nested = {"StartAt": "I", "States": {"I": {"Type": "Pass", "InputPath": "$.a", "End": True}}}
    assert errors(one("Map", QueryLanguage="JSONata", Items=[], ItemProcessor=nested)) == []


class Refusing:
    """An evaluator that knows one thing: it takes no expression that ends in an operator."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def evaluate(self, expression: str, bindings: Any, seconds: float | None = None) -> Any:
        raise AssertionError("a check evaluates nothing")

    def make_ready(self) -> None:
        """It is."""

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        self.asked.append(expression)
        return Reading("Unexpected end of expression" if expression.endswith("+") else None)


def test_each_different_expression_is_asked_for_once_and_told_at_every_place() -> None:
    evaluator = Refusing()
    definition = jsonata("Pass", Output={"a": "{% 1 + %}", "b": ["{% 1 + %}", "{% 2 %}"]}, Comment="{% + %}")
    found = [problem.path for problem in check(definition, evaluator=evaluator) if problem.is_error]
    assert found == ["/States/S/Output/a", "/States/S/Output/b/0"]
    assert evaluator.asked == ["1 +", "2"]


def test_expressions_are_looked_for_in_states_of_maps_and_branches_too() -> None:
    body = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Output": "{% 1 + %}", "End": True}}}
    for definition in (jsonata("Map", ItemProcessor=body), jsonata("Parallel", Branches=[body])):
        assert [p.code for p in check(definition, evaluator=Refusing()) if p.is_error] == ["INVALID_JSONATA"]


class Reader(Refusing):
    """An evaluator that finds the same names in every expression."""

    def __init__(self, *looked_up: str) -> None:
        super().__init__()
        self.looked_up = looked_up

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        return Reading(looked_up=self.looked_up)


def test_a_name_without_an_input_to_look_it_up_in_is_refused() -> None:
    found = list(check(jsonata("Pass", Output="{% a + $ %}"), evaluator=Reader("a", "$")))
    assert [(problem.code, problem.path) for problem in found] == [("UNSUPPORTED_JSONATA", "/States/S/Output")] * 2
    assert [problem.message.rpartition("write ")[2] for problem in found] == ["$states.input.a.", "$states.input."]


def test_the_error_output_is_there_where_an_error_is_caught_and_nowhere_else() -> None:
    caught = {"ErrorEquals": ["E"], "Next": "Done", "Output": {"e": "{% 1 %}"}, "Assign": {"e": ["{% 1 %}"]}}
    definition = {**task(Catch=[caught], Output="{% 1 %}"), "QueryLanguage": "JSONata"}
    found = check(definition, evaluator=Reader("$states.errorOutput"))
    told = [(problem.code, problem.path) for problem in found if problem.is_error]
    assert told == [("UNSUPPORTED_JSONATA", "/States/S/Output")]


@pytest.mark.parametrize(
    ("definition", "places"),
    [
        (jsonata("Wait", Seconds="{% 1 %}", Output="{% 1 %}"), ["Seconds", "Output"]),
        (jsonata("Succeed", Output="{% 1 %}"), ["Output"]),
        (jsonata("Fail", Cause="{% 1 %}"), ["Cause"]),
        (jsonata("Choice", Choices=[{"Condition": "{% 1 %}", "Next": "Done"}]), ["Choices/0/Condition"]),
        (jsonata("Map", ItemProcessor=inner(), Items="{% 1 %}", Output="{% 1 %}"), ["Items"]),
        (jsonata("Parallel", Branches=[inner()], Arguments="{% 1 %}", Assign={"a": "{% 1 %}"}), ["Arguments"]),
        (
            jsonata(
                "Task",
                Resource=LAMBDA,
                Arguments={"a": ["{% 1 %}"]},
                TimeoutSeconds="{% 1 %}",
                Output="{% 1 %}",
                Assign={"a": "{% 1 %}"},
                Catch=[{"ErrorEquals": ["E"], "Next": "Done", "Output": "{% 1 %}"}],
            ),
            ["Arguments/a/0", "TimeoutSeconds", "Catch/0/Output"],
        ),
    ],
)
def test_the_result_is_there_where_work_was_done_and_nowhere_else(definition: Any, places: list[str]) -> None:
    found = check(definition, evaluator=Reader("$states.result"))
    told = [(problem.code, problem.path) for problem in found if problem.is_error]
    assert told == [("UNSUPPORTED_JSONATA", f"/States/S/{place}") for place in places]


def test_the_result_of_a_pass_is_doubted_only() -> None:
    found = check(jsonata("Pass", Output="{% 1 %}"), evaluator=Reader("$states.result"))
    assert [(problem.severity, problem.code) for problem in found] == [("warning", "UNSUPPORTED_JSONATA")]


class Slow(Refusing):
    """An evaluator that takes its time."""

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        time.sleep(0.2)
        return super().read(expression)


def test_a_slow_evaluator_is_asked_for_a_moment_only() -> None:
    evaluator = Slow()
    definition = jsonata("Pass", Output=[f"{{% {number} %}}" for number in range(100)])
    assert [problem.code for problem in check(definition, evaluator=evaluator)] == ["CHECK_INCOMPLETE"]
    assert 2 <= len(evaluator.asked) <= 4


class Timed(Refusing):
    """An evaluator that notes how long it is given, and that it is made ready before."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[float | None] = []

    def make_ready(self) -> None:
        time.sleep(0.3)
        self.given.append(None)

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        time.sleep(0.02)
        self.given.append(seconds)
        return Reading()


def test_each_expression_is_given_what_is_left_of_the_time_and_starting_costs_none_of_it() -> None:
    evaluator = Timed()
    check(jsonata("Pass", Output=["{% 1 %}", "{% 2 %}", "{% 3 %}"]), evaluator=evaluator)
    ready, *given = evaluator.given
    assert ready is None
    seconds = [one for one in given if one is not None]
    assert len(seconds) == 3
    assert jsonata_syntax.SECONDS >= seconds[0] > 0.2
    assert seconds[0] - seconds[1] > 0.015 < seconds[1] - seconds[2]


class Unable(Refusing):
    """An evaluator for which some expressions are too much."""

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        if "deep" in expression:
            raise Unread("U1001", "The expression took longer than 0.5 s.")
        return super().read(expression)


def test_an_expression_that_could_not_be_read_in_time_is_no_error_and_those_after_it_are_read() -> None:
    definition = jsonata("Pass", Output={"a": "{% $deep %}", "b": "{% 1 + %}"})
    found = [(problem.code, problem.path) for problem in check(definition, evaluator=Unable())]
    assert found == [("CHECK_INCOMPLETE", "/States/S/Output/a"), ("INVALID_JSONATA", "/States/S/Output/b")]
