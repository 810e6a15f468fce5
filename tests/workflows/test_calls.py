"""What a state machine calls by name becomes a right of its role; what it names only when it runs is told."""

import json
from typing import Any

import pytest

from workflows import calls, policies
from workflows.policies import Place

HERE = Place("123456789012", "eu-central-1", "sb-")
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:sb-payments"
ACCOUNT = "eu-central-1:123456789012"
LAMBDA = f"arn:aws:lambda:{ACCOUNT}:function"
OTHER = f"arn:aws:states:{ACCOUNT}:stateMachine:other"


def task(resource: str, parameters: Any = None, **more: Any) -> dict[str, Any]:
    given = {} if parameters is None else {"Parameters": parameters}
    return {"Type": "Task", "Resource": resource, "End": True, **given, **more}


def machine(state: dict[str, Any], **more: Any) -> str:
    return json.dumps({"StartAt": "Call", "States": {"Call": state}, **more})


def allowed(definition: str) -> set[tuple[str, str]]:
    statements = policies.of_workflow("payments", definition, HERE)["Statement"]
    return {(action, arn) for one in statements for action in one["Action"] for arn in one["Resource"]}


def lacking(definition: str) -> list[str]:
    return policies.not_allowed("payments", definition, HERE)


@pytest.mark.parametrize(
    ("resource", "parameters", "action", "arn"),
    [
        (f"{LAMBDA}:theirs:prod", None, "lambda:InvokeFunction", f"{LAMBDA}:theirs:prod"),
        ("lambda:invoke", {"FunctionName": "theirs"}, "lambda:InvokeFunction", f"{LAMBDA}:theirs"),
        (
            "lambda:invoke",
            {"FunctionName": "theirs", "Qualifier": "prod"},
            "lambda:InvokeFunction",
            f"{LAMBDA}:theirs:prod",
        ),
        ("lambda:invoke", {"FunctionName": "theirs:7"}, "lambda:InvokeFunction", f"{LAMBDA}:theirs:7"),
        (
            "lambda:invoke.waitForTaskToken",
            {"FunctionName": "999999999999:function:theirs"},
            "lambda:InvokeFunction",
            "arn:aws:lambda:eu-central-1:999999999999:function:theirs",
        ),
        (
            "sqs:sendMessage.waitForTaskToken",
            {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/orders.fifo"},
            "sqs:SendMessage",
            "arn:aws:sqs:us-east-1:123456789012:orders.fifo",
        ),
        ("sns:publish", {"TopicArn": f"arn:aws:sns:{ACCOUNT}:t"}, "sns:Publish", f"arn:aws:sns:{ACCOUNT}:t"),
        ("dynamodb:putItem", {"TableName": "orders"}, "dynamodb:PutItem", f"arn:aws:dynamodb:{ACCOUNT}:table/orders"),
        ("aws-sdk:dynamodb:query", {"TableName": "t"}, "dynamodb:Query", f"arn:aws:dynamodb:{ACCOUNT}:table/t"),
        ("states:startExecution", {"StateMachineArn": OTHER}, "states:StartExecution", OTHER),
        ("events:putEvents", {"Entries": [{}]}, "events:PutEvents", f"arn:aws:events:{ACCOUNT}:event-bus/default"),
        (
            "aws-sdk:eventbridge:putEvents",
            {"Entries": [{"EventBusName": "shop"}]},
            "events:PutEvents",
            f"arn:aws:events:{ACCOUNT}:event-bus/shop",
        ),
    ],
)
def test_what_a_task_names_may_be_called_and_nothing_else(
    resource: str, parameters: Any, action: str, arn: str
) -> None:
    called = resource if resource.startswith("arn:") else f"arn:aws:states:::{resource}"
    definition = machine(task(called, parameters))
    assert allowed(definition) == {(action, arn)}
    assert lacking(definition) == []


def test_arguments_of_jsonata_are_read_the_same_and_an_expression_names_nothing() -> None:
    def publish(topic: str) -> str:
        called = task("arn:aws:states:::sns:publish", Arguments={"TopicArn": topic})
        return machine(called, QueryLanguage="JSONata")

    named, told = publish(f"arn:aws:sns:{ACCOUNT}:t"), publish("{% $topic %}")
    assert allowed(named) == {("sns:Publish", f"arn:aws:sns:{ACCOUNT}:t")}
    assert allowed(told) == set()
    assert lacking(told) == [
        "Call calls sns:publish, and the definition does not name its TopicArn: it is told only when it runs."
    ]


def test_an_execution_that_is_waited_for_is_looked_at_and_stopped_too() -> None:
    rights = allowed(machine(task("arn:aws:states:::states:startExecution.sync:2", {"StateMachineArn": OTHER})))
    executions = f"arn:aws:states:{ACCOUNT}:execution:other:*"
    assert {("states:StartExecution", OTHER), ("states:DescribeExecution", executions)} < rights
    assert ("states:StopExecution", executions) in rights
    rule = f"arn:aws:events:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    assert {arn for action, arn in rights if action.startswith("events:")} == {rule}


def test_a_distributed_map_starts_its_own_machine_reads_its_items_and_writes_its_results() -> None:
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "One"}
    inner["States"] = {"One": task("arn:aws:states:::dynamodb:getItem", {"TableName": "t", "Key": {}})}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "in", "Key.$": "$.key"}}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "p"}}
    rights = allowed(
        machine({"Type": "Map", "ItemProcessor": inner, "ItemReader": reader, "ResultWriter": writer, "End": True})
    )
    assert {("states:StartExecution", MACHINE), ("s3:GetObject", "arn:aws:s3:::in/*")} < rights
    assert {
        ("s3:PutObject", "arn:aws:s3:::out/*"),
        ("dynamodb:GetItem", f"arn:aws:dynamodb:{ACCOUNT}:table/t"),
    } < rights


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (task("arn:aws:states:::sqs:sendMessage", {"QueueUrl.$": "$.url"}), "sqs:sendMessage, and the definition"),
        (
            task("arn:aws:states:::sqs:sendMessage", {"QueueUrl": "orders"}),
            "sqs:sendMessage, and its QueueUrl is none that is known here",
        ),
        (
            task("arn:aws:states:::lambda:invoke", {"FunctionName": "x", "Qualifier.$": "$.q"}),
            "does not name its Qualifier",
        ),
        (task("arn:aws:states:::glue:startJobRun.sync", {"JobName": "x"}), "glue:startJobRun, for which no right"),
        (task("arn:aws:states:::aws-sdk:s3:listBuckets", {}), "s3:listBuckets, for which no right"),
        (task("arn:aws:states:::http:invoke", {}), "http:invoke, for which no right"),
        (task("arn:aws:states:::events:putEvents", {"Entries.$": "$.all"}), "does not name its EventBusName"),
        (task(f"{LAMBDA}:x", Credentials={"RoleArn.$": "$.role"}), "sts:AssumeRole, and the definition does not"),
    ],
)
def test_what_no_role_made_here_allows_is_told(state: dict[str, Any], said: str) -> None:
    (told,) = lacking(machine(state))
    assert told.startswith("Call calls ")
    assert said in told
    assert allowed(machine(state)) == set()


def test_a_task_in_another_account_needs_the_role_it_takes_there_and_nothing_more() -> None:
    role = "arn:aws:iam::999999999999:role/there"
    assert allowed(machine(task(f"{LAMBDA}:x", Credentials={"RoleArn": role}))) == {("sts:AssumeRole", role)}


def test_functions_of_ours_and_named_ones_are_one_statement() -> None:
    states = {
        "A": {"Type": "Task", "Resource": "${Ours}", "Next": "B"},
        "B": task("arn:aws:states:::lambda:invoke", {"FunctionName": "${Ours}"}) | {"Next": "C", "End": False},
        "C": task(f"{LAMBDA}:theirs"),
    }
    del states["B"]["End"]
    (statement,) = policies.of_workflow("payments", json.dumps({"StartAt": "A", "States": states}), HERE)["Statement"]
    assert statement["Resource"] == [f"{LAMBDA}:sb-Ours:live", f"{LAMBDA}:theirs"]


@pytest.mark.parametrize("definition", ["", "{", "[]", '{"StartAt": "A"}'])
def test_of_what_cannot_be_read_nothing_is_said(definition: str) -> None:
    assert calls.of(definition, calls.Home("eu-central-1", "123456789012", MACHINE)) == ([], [])


def test_an_activity_needs_no_right() -> None:
    state = task(f"arn:aws:states:{ACCOUNT}:activity:ask")
    assert calls.of(machine(state), calls.Home("eu-central-1", "123456789012", MACHINE)) == ([], [])
