"""Warnings: what AWS accepts and somebody comes to regret."""

import json
from typing import Any

import pytest

from tests.workflows.asl.checker.machines import ACTIVITY, LAMBDA, choice, errors, inner, jsonata, one, task, warnings
from workflows.asl.checker import check


def rule(operator: str, expected: Any, variable: str = "$.a") -> dict[str, Any]:
    """A rule on a variable."""
    return {"Variable": variable, operator: expected}


TOKEN = {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}}
CALLBACK = "arn:aws:states:::lambda:invoke.waitForTaskToken"

NEVER = "RULE_NEVER_MATCHES"
SHADOWED: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "the same test twice": ([rule("StringEquals", "b"), rule("StringEquals", "b")], ["RULES_ALIKE"]),
    "the same tests in another order": (
        [
            {"And": [rule("IsNull", True), rule("IsNull", True, "$.b")]},
            {"And": [rule("IsNull", True, "$.b"), rule("IsNull", True)]},
        ],
        ["RULES_ALIKE"],
    ),
    "a higher bound after a lower one": ([rule("NumericGreaterThan", 5), rule("NumericGreaterThan", 10)], [NEVER]),
    "a lower bound after a higher one": ([rule("NumericGreaterThan", 10), rule("NumericGreaterThan", 5)], []),
    "a number within bounds": ([rule("NumericLessThanEquals", 5), rule("NumericEquals", 5)], [NEVER]),
    "a number at an open bound": ([rule("NumericLessThan", 5), rule("NumericEquals", 5)], []),
    "bounds in opposite directions": ([rule("NumericLessThan", 5), rule("NumericGreaterThan", 3)], []),
    "another variable": ([rule("NumericGreaterThan", 5), rule("NumericGreaterThan", 10, "$.b")], []),
    "a time after an earlier one": (
        [
            rule("TimestampGreaterThan", "2026-01-01T00:00:00Z"),
            rule("TimestampGreaterThan", "2026-06-01T00:00:00+02:00"),
        ],
        [NEVER],
    ),
    "a text that a pattern takes": ([rule("StringMatches", "a*"), rule("StringEquals", "abc")], [NEVER]),
    "a text that a pattern leaves": ([rule("StringMatches", "b*"), rule("StringEquals", "abc")], []),
    "a text after any text": ([rule("IsString", True), rule("StringEquals", "abc")], [NEVER]),
    "a number after any text": ([rule("IsString", True), rule("NumericEquals", 1)], []),
    "anything after something present": ([rule("IsPresent", True), rule("NumericEquals", 1)], [NEVER]),
    "anything after something absent": ([rule("IsPresent", False), rule("NumericEquals", 1)], []),
    "more conditions after fewer": (
        [rule("IsNull", True), {"And": [rule("IsNull", True), rule("IsNull", True, "$.b")]}],
        [NEVER],
    ),
    "fewer conditions after more": (
        [{"And": [rule("IsNull", True), rule("IsNull", True, "$.b")]}, rule("IsNull", True)],
        [],
    ),
    "one of several after all of them": (
        [{"Or": [rule("IsNull", True), rule("IsString", True)]}, rule("IsString", True)],
        [NEVER],
    ),
    "opposites turned round": (
        [{"Not": rule("NumericGreaterThan", 10)}, {"Not": rule("NumericGreaterThan", 5)}],
        [NEVER],
    ),
    "anything after a test and its opposite": (
        [rule("BooleanEquals", True), {"Not": rule("BooleanEquals", True)}, rule("IsNull", True, "$.b")],
        [NEVER],
    ),
    "numbers that only look alike": ([rule("BooleanEquals", True), rule("NumericEquals", 1)], []),
}


@pytest.mark.parametrize("name", SHADOWED)
def test_a_rule_is_held_against_those_before_it(name: str) -> None:
    rules, wanted = SHADOWED[name]
    assert warnings(choice(*rules)) == wanted


def test_conditions_of_jsonata_are_held_against_each_other() -> None:
    rules = [{"Condition": "{% $a > 1 %}"}, {"Condition": "{%  $a  >  1 %}"}, {"Condition": "{% $b %}"}]
    assert warnings({**choice(*rules), "QueryLanguage": "JSONata"}) == ["RULES_ALIKE"]
    always: list[dict[str, Any]] = [{"Condition": True}, {"Condition": "{% $b %}"}]
    assert warnings({**choice(*always), "QueryLanguage": "JSONata"}) == [NEVER]


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([rule("IsPresent", True)], ["CHOICE_WITHOUT_DEFAULT"]),
        ([rule("IsPresent", True), rule("IsPresent", False)], []),
        ([rule("StringEquals", "a"), {"Not": rule("StringEquals", "a")}], []),
        ([{"Or": [rule("StringEquals", "a"), {"Not": rule("StringEquals", "a")}]}], []),
        ([rule("NumericLessThan", 5), rule("NumericGreaterThanEquals", 5)], ["CHOICE_WITHOUT_DEFAULT"]),
    ],
)
def test_a_choice_needs_no_default_only_where_its_rules_leave_nothing_over(
    rules: list[dict[str, Any]], wanted: list[str]
) -> None:
    definition = choice(*rules)
    del definition["States"]["S"]["Default"]
    assert warnings(definition) == wanted


@pytest.mark.parametrize("count", [150, 201, 3_000])
def test_many_rules_are_compared_only_so_far_and_that_is_told(count: int) -> None:
    rules = [rule("NumericEquals", number) for number in range(count)]
    told = [problem for problem in check(choice(*rules)) if not problem.is_error]
    assert [(problem.code, problem.path) for problem in told] == [("CHECK_INCOMPLETE", "/States/S/Choices")]


def test_a_hundred_rules_are_all_compared() -> None:
    rules = [rule("NumericEquals", number) for number in range(100)]
    assert warnings(choice(*rules)) == []


def test_rules_that_are_too_many_together_are_told_once() -> None:
    rules = [{**rule("NumericEquals", number), "Next": "Done"} for number in range(100)]
    states = {f"C{number}": {"Type": "Choice", "Choices": rules, "Default": "Done"} for number in range(5)}
    assert warnings({"StartAt": "C0", "States": {**states, "Done": {"Type": "Succeed"}}}) == ["CHECK_INCOMPLETE"]


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([["A"], ["A"]], ["CATCH_NEVER_FIRES"]),
        ([["A", "B"], ["B"]], ["CATCH_NEVER_FIRES"]),
        ([["A"], ["A", "B"]], []),
        ([["States.TaskFailed"], ["A"]], ["CATCH_NEVER_FIRES"]),
        ([["States.TaskFailed"], ["States.Timeout"]], []),
        ([["States.ALL"], ["A"]], ["CATCH_NEVER_FIRES"]),
        ([["States.ALL"], ["States.DataLimitExceeded"]], []),
        ([["A"], ["States.ALL"]], []),
        ([["States.NoChoiceMatched"]], ["CATCH_NEVER_FIRES"]),
        ([["States.NoChoiceMatched", "A"]], []),
        ([["States.Runtime"]], []),
    ],
)
def test_a_catch_fires_only_for_errors_that_none_before_it_takes(rules: list[list[str]], wanted: list[str]) -> None:
    assert warnings(task(Catch=[{"ErrorEquals": names, "Next": "Done"} for names in rules])) == wanted


def test_a_retry_applies_only_for_errors_that_none_before_it_takes() -> None:
    assert warnings(task(Retry=[{"ErrorEquals": ["A"]}, {"ErrorEquals": ["A"]}])) == ["RETRY_NEVER_APPLIES"]


def test_what_only_a_choice_raises_is_retried_where_it_may_come_from_outside_or_out_of_a_branch() -> None:
    retry = [{"ErrorEquals": ["States.NoChoiceMatched"]}]
    assert warnings(task(Retry=retry)) == ["RETRY_NEVER_APPLIES"]
    assert warnings(task(Resource=ACTIVITY, Retry=retry)) == []
    assert warnings(one("Task", Resource=CALLBACK, Parameters=TOKEN, TimeoutSeconds=5, Retry=retry)) == []
    assert warnings(one("Parallel", Branches=[inner()], Retry=retry)) == []


UNKNOWN = ["UNKNOWN_INTEGRATION"]


@pytest.mark.parametrize(
    ("called", "wanted"),
    [
        ("foo:bar", UNKNOWN),
        ("lamda:invoke", UNKNOWN),
        ("bedrock:invokeModel", []),
        ("emr-serverless:startJobRun.sync", []),
        ("http:invoke", []),
        ("aws-sdk:s3:listBuckets", []),
        ("aws-sdk:nonesuch:listBuckets", UNKNOWN),
        ("aws-sdk:cognito-idp:listUsers", UNKNOWN),
        ("aws-sdk:cloudwatchlogs:createLogStream", []),
        ("aws-sdk:config:batchGetAggregateResourceConfig", []),
        ("glue:startCrawler", UNKNOWN),
        ("codebuild:stopBuild.sync", UNKNOWN),
        ("codebuild:retryBuildBatch.sync", []),
        ("eks:call", []),
        ("eks:runJob.later", UNKNOWN),
        ("ecs:${Action}", []),
        ("${Service}:invoke", []),
        ("aws-sdk:${Service}:listBuckets", []),
    ],
)
def test_what_is_not_known_to_be_offered_is_told(called: str, wanted: list[str]) -> None:
    definition = task(Resource=f"arn:aws:states:::{called}", Parameters={})
    assert warnings(definition) == wanted
    assert "INVALID_RESOURCE" not in errors(definition)


@pytest.mark.parametrize(
    ("service", "meant"),
    [("logs", "cloudwatchlogs"), ("stepfunctions", "sfn"), ("cognito-identity", "cognitoidentity")],
)
def test_a_service_by_its_name_on_the_command_line_is_told_the_one_that_tasks_use(service: str, meant: str) -> None:
    resource = f"arn:aws:states:::aws-sdk:{service}:x"
    told = [problem for problem in check(task(Resource=resource, Parameters={})) if problem.code == UNKNOWN[0]]
    assert [problem.message for problem in told] == [f"{service} is written {meant} where a task calls it."]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, {"TASK_WITHOUT_TIMEOUT", "TASK_WITHOUT_RETRY"}),
        ({"TimeoutSeconds": 5}, {"TASK_WITHOUT_RETRY"}),
        ({"TimeoutSecondsPath": "$.t"}, {"TASK_WITHOUT_RETRY"}),
        ({"Retry": [{"ErrorEquals": ["E"]}]}, {"TASK_WITHOUT_TIMEOUT"}),
        ({"TimeoutSeconds": 5, "Retry": [{"ErrorEquals": ["E"]}]}, set()),
        ({"Resource": CALLBACK, "Parameters": TOKEN}, {"CALLBACK_WITHOUT_TIMEOUT", "TASK_WITHOUT_RETRY"}),
        ({"Resource": CALLBACK, "Parameters": TOKEN, "HeartbeatSeconds": 5}, {"TASK_WITHOUT_RETRY"}),
        (
            {"Resource": CALLBACK, "Parameters": {"FunctionName": "f"}, "TimeoutSeconds": 5},
            {"TASK_TOKEN_NOT_PASSED", "TASK_WITHOUT_RETRY"},
        ),
    ],
)
def test_a_task_is_told_what_it_lacks(fields: dict[str, Any], wanted: set[str]) -> None:
    found = check(one("Task", **{"Resource": LAMBDA, **fields}))
    assert {problem.code for problem in found if not problem.is_error} == wanted


@pytest.mark.parametrize(
    ("definition", "wanted"),
    [
        (one("Pass", Parameters={"a": "{% $b %}"}), ["EXPRESSION_IGNORED"]),
        (one("Pass", Parameters={"list": [{"a": "$.b.c"}]}), ["PATH_IS_TEXT"]),
        (one("Pass", Parameters={"price": "$5"}), []),
        (one("Pass", Result={"a": "$.b"}), []),
        (jsonata("Pass", Output={"a.$": "$.b"}), ["EXPRESSION_IGNORED"]),
        (one("Parallel", Branches=[inner(QueryLanguage="JSONata")]), ["FIELD_IGNORED"]),
        (one("Map", ItemProcessor=inner(), ToleratedFailureCount=1), ["FIELD_IGNORED"]),
    ],
)
def test_what_nothing_reads_is_told(definition: dict[str, Any], wanted: list[str]) -> None:
    assert warnings(definition) == wanted


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:s3:::bucket",
        "arn:aws:iam::111111111111:role/x",
        "arn:aws:lambda:::function:f",
        "arn:aws:lambda:eu-west-1:111111111111:layer:l",
    ],
)
def test_an_arn_that_no_task_calls_is_told(resource: str) -> None:
    assert warnings(task(Resource=resource)) == UNKNOWN
    assert errors(task(Resource=resource)) == []


def test_the_arns_that_tasks_call_are_not_told() -> None:
    for resource in (LAMBDA, f"{LAMBDA}:live", ACTIVITY, "arn:${Partition}:s3:::x", "${Function}"):
        assert warnings(task(Resource=resource)) == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Foo", ["UNKNOWN_PARAMETER"]),
        ("payload.$", ["UNKNOWN_PARAMETER"]),
        ("Payload.$", []),
        ("TenantId", []),
        ("${Name}", []),
    ],
)
def test_a_parameter_that_a_call_is_not_known_to_take_is_told(name: str, wanted: list[str]) -> None:
    resource = "arn:aws:states:::lambda:invoke"
    value = "$.x" if name.endswith(".$") else 1
    assert warnings(task(Resource=resource, Parameters={"FunctionName": "f", name: value})) == wanted
    definition = jsonata("Task", Resource=resource, Arguments={"FunctionName": "f", "Foo": 1})
    assert "UNKNOWN_PARAMETER" in warnings(definition)


def test_a_delay_shorter_than_the_first_interval_is_told() -> None:
    rule = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10}
    assert warnings(task(Retry=[{**rule, "MaxDelaySeconds": 5}])) == ["DELAY_BELOW_INTERVAL"]
    assert warnings(task(Retry=[{**rule, "MaxDelaySeconds": 10}])) == []


@pytest.mark.parametrize("selector", ["$.x", ["$.x"], None])
def test_a_result_selector_that_is_no_object_is_told(selector: Any) -> None:
    assert warnings(task(ResultSelector=selector)) == ["TEMPLATE_IS_NO_OBJECT"]


def test_a_state_without_a_name_is_told() -> None:
    definition = {"StartAt": "", "States": {"": {"Type": "Succeed"}}}
    assert (warnings(definition), errors(definition)) == (["EMPTY_NAME"], [])


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("$.a:b", []),
        ("$.xml:lang", []),
        ("$.@timestamp", []),
        ("$.a@b[0].c$d", []),
        ("$.a[?(@.b[*]=='x')]", ["CHECK_INCOMPLETE"]),
        ("$.a[?(@..b=='x')]", ["CHECK_INCOMPLETE"]),
        ("$.a[?(@.x:y == 7)]", ["CHECK_INCOMPLETE"]),
        ("$.a[?(@.b =~ /x/)]", ["CHECK_INCOMPLETE"]),
    ],
)
def test_a_path_that_aws_reads_is_no_error_wherever_it_stands(path: str, wanted: list[str]) -> None:
    for definition in (
        one("Pass", InputPath=path),
        one("Pass", Parameters={"x.$": path}),
        one("Pass", Parameters={"x.$": f"States.Format('{{}}', {path})"}),
    ):
        assert (errors(definition), warnings(definition)) == ([], wanted)


def test_a_sign_in_a_path_that_must_name_one_place_is_told() -> None:
    assert warnings(choice({"Variable": "$.a:b", "IsPresent": True})) == ["CHECK_INCOMPLETE"]
    assert warnings(choice({"Variable": "$['a:b']", "IsPresent": True})) == []


def test_a_path_that_is_none_is_told_without_its_text_twice() -> None:
    (problem,) = check(one("Pass", Parameters={"x.$": "$.a,b"}))
    assert problem.message == "x.$ is not a JSONPath: unexpected token ','. Write it like $.order.id."


INVOKE = "arn:aws:states:::lambda:invoke"
OURS = {"ProcessPurchase": "ProcessPurchase", "sb-ProcessPurchase": "ProcessPurchase"}


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ("ProcessPurchase", True),
        ("ProcessPurchase:live", True),
        ("sb-ProcessPurchase", True),
        ("arn:aws:lambda:us-east-1:123456789012:function:sb-ProcessPurchase:3", True),
        ("123456789012:function:sb-ProcessPurchase", True),
        ("${ProcessPurchase}", False),
        ("SomebodyElses", False),
        ("arn:aws:lambda:us-east-1:123456789012:function:theirs", False),
    ],
)
@pytest.mark.parametrize("field", ["Parameters", "Arguments"])
def test_a_function_of_ours_that_is_called_by_its_bare_name_is_told_with_what_to_write(
    written: str, is_told: bool, field: str
) -> None:
    given = {"Resource": INVOKE, field: {"FunctionName": written}}
    machine = task(**given, **({"QueryLanguage": "JSONata"} if field == "Arguments" else {}))
    text = json.dumps(machine, indent=1)
    found = [told for told in check(text, functions=OURS) if told.code == "BARE_FUNCTION_NAME"]
    assert len(found) == is_told
    for told in found:
        assert 'write "FunctionName": "${ProcessPurchase}"' in told.message
        assert told.path.endswith(f"/{field}/FunctionName")
        assert written in text.splitlines()[told.line - 1]
    assert "BARE_FUNCTION_NAME" not in warnings(machine)
