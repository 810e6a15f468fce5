"""What AWS refuses in tasks, rules and maps: a definition and the code it gets, one row for each rule."""

import json
from typing import Any

import pytest

from tests.workflows.asl.checker.machines import ACTIVITY, choice, distributed, errors, inner, jsonata, one, task
from workflows.asl.checker import check

INLINE = {"Mode": "INLINE"}


def twice(definition: dict[str, Any]) -> dict[str, Any]:
    """A Parallel of two branches that are alike but for the names of their states."""
    renamed = json.loads(json.dumps(definition).replace('"S"', '"T"').replace('"I"', '"J"'))
    other = json.loads(json.dumps(definition).replace('"S"', '"U"').replace('"I"', '"K"'))
    return one("Parallel", Branches=[renamed, other])


def express(**fields: Any) -> dict[str, Any]:
    """The processor of a distributed Map, whose child workflows of one task are EXPRESS."""
    states = {"I": {"Type": "Task", "Parameters": {"FunctionName": "f"}, "End": True, **fields}}
    return inner(ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, States=states)


TASKS: dict[str, tuple[Any, str]] = {
    "no Resource": (one("Task"), "MISSING_FIELD"),
    "a Resource that is no ARN": (task(Resource="foo:bar"), "INVALID_RESOURCE"),
    "a placeholder that is not closed": (task(Resource="${arn"), "INVALID_RESOURCE"),
    "an ARN without its parts": (task(Resource="arn:aws:lambda"), "INVALID_RESOURCE"),
    "two timeouts": (task(TimeoutSeconds=1, TimeoutSecondsPath="$.t"), "EXCLUSIVE_FIELDS"),
    "two heartbeats": (task(HeartbeatSeconds=1, HeartbeatSecondsPath="$.t"), "EXCLUSIVE_FIELDS"),
    "a heartbeat as long as the timeout": (task(HeartbeatSeconds=9, TimeoutSeconds=9), "INVALID_VALUE"),
    "credentials without a role": (task(Credentials={}), "MISSING_FIELD"),
    "credentials for an activity": (task(Resource=ACTIVITY, Credentials={"RoleArn": "arn:x"}), "UNKNOWN_FIELD"),
    ".sync of a function": (
        task(Resource="arn:aws:states:::lambda:invoke.sync", Parameters={"FunctionName": "f"}),
        "UNSUPPORTED_PATTERN",
    ),
    ".sync:2 of anything but a workflow": (
        task(Resource="arn:aws:states:::glue:startJobRun.sync:2"),
        "UNSUPPORTED_PATTERN",
    ),
    ".waitForTaskToken of a table": (
        task(Resource="arn:aws:states:::dynamodb:getItem.waitForTaskToken", Parameters={"TableName": "t", "Key": {}}),
        "UNSUPPORTED_PATTERN",
    ),
    "a call without what it must have": (
        task(Resource="arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl": "q"}),
        "MISSING_PARAMETER",
    ),
    "a path where JSONata knows none": (
        jsonata("Task", Resource="arn:aws:states:::lambda:invoke", Arguments={"FunctionName.$": "$.f"}, End=True),
        "MISSING_PARAMETER",
    ),
    "a call without any parameters": (task(Resource="arn:aws:states:::lambda:invoke"), "MISSING_PARAMETER"),
    "an SDK service without an action": (
        task(Resource="arn:aws:states:::aws-sdk:s3", Parameters={}),
        "INVALID_RESOURCE",
    ),
    **{
        f"a call of {called}": (task(Resource=f"arn:aws:states:::{called}", Parameters={}), "INVALID_RESOURCE")
        for called in (
            *("dynamodb:query", "lambda:invok", "lambda:invoke.foo", "sqs:receiveMessage", "sns:publishBatch"),
            *("states:startSyncExecution", "ecs:stopTask.sync", "events:putRule", "batch:submitJobs"),
            # What differs by case alone; the first is one that AWS refused.
            *("aws-sdk:cloudwatchlogs:CreateLogStream", "aws-sdk:S3:listBuckets", "ecs:runtask", "lambda:Invoke"),
            *("lambda:invoke.waitForTasktoken", "glue:startjobrun.sync", "glue:startJobRun.Sync"),
            *("aws-sdk:s3:listBuckets.waitForTasktoken", "aws-sdk:s3:listBuckets.later", "aws-sdk:s3:"),
        )
    },
    "the ARN of a workflow": (
        task(Resource="arn:aws:states:eu-west-1:111111111111:stateMachine:w", Parameters={}),
        "INVALID_RESOURCE",
    ),
    "a call that needs none, without": (task(Resource="arn:aws:states:::aws-sdk:s3:listBuckets"), "MISSING_PARAMETER"),
    "a call without arguments in JSONata": (
        jsonata("Task", Resource="arn:aws:states:::aws-sdk:s3:listBuckets"),
        "MISSING_PARAMETER",
    ),
    "Retry without ErrorEquals": (task(Retry=[{}]), "MISSING_FIELD"),
    "Retry that is an object": (task(Retry={}), "INVALID_TYPE"),
    "Retry with an unknown field": (task(Retry=[{"ErrorEquals": ["E"], "Times": 3}]), "UNKNOWN_FIELD"),
    "a backoff below one": (task(Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.3}]), "INVALID_VALUE"),
    "an interval of less than nothing": (task(Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": -1}]), "INVALID_VALUE"),
    "a delay beyond AWS's limit": (
        task(Retry=[{"ErrorEquals": ["E"], "MaxDelaySeconds": 31_622_401}]),
        "INVALID_VALUE",
    ),
    "a jitter there is not": (task(Retry=[{"ErrorEquals": ["E"], "JitterStrategy": "HALF"}]), "INVALID_VALUE"),
    "Catch of no error": (task(Catch=[{"ErrorEquals": [], "Next": "Done"}]), "INVALID_VALUE"),
    "Catch without Next": (task(Catch=[{"ErrorEquals": ["E"]}]), "MISSING_FIELD"),
    "Catch with Output in JSONPath": (
        task(Catch=[{"ErrorEquals": ["E"], "Next": "Done", "Output": 1}]),
        "WRONG_QUERY_LANGUAGE",
    ),
    "States.ALL beside another error": (task(Retry=[{"ErrorEquals": ["E", "States.ALL"]}]), "STATES_ALL_NOT_LAST"),
    "States.ALL before the last rule": (
        task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]),
        "STATES_ALL_NOT_LAST",
    ),
}

RULES: dict[str, tuple[Any, str]] = {
    "no rules": (one("Choice"), "MISSING_FIELD"),
    "an empty list of rules": (choice(), "INVALID_VALUE"),
    "a rule without Next": (one("Choice", Choices=[{"Variable": "$.a", "IsNull": True}]), "MISSING_FIELD"),
    "Next below the top": (choice({"Not": {"Variable": "$.a", "IsNull": True, "Next": "Done"}}), "UNKNOWN_FIELD"),
    "an operator there is not": (choice({"Variable": "$.a", "StringIs": "b"}), "UNKNOWN_FIELD"),
    "no operator": (choice({"Variable": "$.a"}), "INVALID_RULE"),
    "two operators": (choice({"Variable": "$.a", "IsNull": True, "IsString": True}), "INVALID_RULE"),
    "an operator without a variable": (choice({"StringEquals": "a"}), "INVALID_RULE"),
    "And beside Or": (
        choice({"And": [{"Variable": "$.a", "IsNull": True}], "Or": [{"Variable": "$.a", "IsNull": True}]}),
        "INVALID_RULE",
    ),
    "an empty And": (choice({"And": []}), "INVALID_VALUE"),
    "Not of a list": (choice({"Not": []}), "INVALID_TYPE"),
    "a number in a text": (choice({"Variable": "$.a", "NumericEquals": "1"}), "INVALID_TYPE"),
    "a text that is a number": (choice({"Variable": "$.a", "StringEquals": 1}), "INVALID_TYPE"),
    "a boolean in a text": (choice({"Variable": "$.a", "BooleanEquals": "true"}), "INVALID_TYPE"),
    "a time that is none": (choice({"Variable": "$.a", "TimestampEquals": "today"}), "INVALID_TIMESTAMP"),
    "a path that is none": (choice({"Variable": "$.a", "NumericEqualsPath": "b"}), "INVALID_PATH"),
    "a variable that may be several": (choice({"Variable": "$.items[*].id", "IsPresent": True}), "INVALID_PATH"),
    "a path that may be several": (choice({"Variable": "$.a", "StringEqualsPath": "$..b"}), "INVALID_PATH"),
    "a variable that is no path": (choice({"Variable": "a", "IsNull": True}), "INVALID_PATH"),
    "Condition in JSONPath": (choice({"Condition": True}), "WRONG_QUERY_LANGUAGE"),
    "Variable in JSONata": (
        {**choice({"Variable": "$.a", "IsNull": True}), "QueryLanguage": "JSONata"},
        "WRONG_QUERY_LANGUAGE",
    ),
    "JSONata without Condition": ({**choice({}), "QueryLanguage": "JSONata"}, "MISSING_FIELD"),
    "Condition that is a plain text": (
        {**choice({"Condition": "yes"}), "QueryLanguage": "JSONata"},
        "INVALID_CONDITION",
    ),
}

MAPS: dict[str, tuple[Any, str]] = {
    "no processor": (one("Map"), "MISSING_FIELD"),
    "two processors": (one("Map", ItemProcessor=inner(), Iterator=inner()), "EXCLUSIVE_FIELDS"),
    "two selectors": (one("Map", ItemProcessor=inner(), Parameters={}, ItemSelector={}), "EXCLUSIVE_FIELDS"),
    "ItemsPath that is null": (one("Map", ItemProcessor=inner(), ItemsPath=None), "INVALID_TYPE"),
    "fewer than none at a time": (one("Map", ItemProcessor=inner(), MaxConcurrency=-1), "INVALID_VALUE"),
    "failures beyond all": (distributed(ToleratedFailurePercentage=101), "INVALID_VALUE"),
    "two tolerated counts": (distributed(ToleratedFailureCount=0, ToleratedFailureCountPath="$.n"), "EXCLUSIVE_FIELDS"),
    "a mode there is not": (one("Map", ItemProcessor=inner(ProcessorConfig={"Mode": "FAST"})), "INVALID_VALUE"),
    "DISTRIBUTED without a type": (
        one("Map", ItemProcessor=inner(ProcessorConfig={"Mode": "DISTRIBUTED"})),
        "MISSING_FIELD",
    ),
    "INLINE with a type": (
        one("Map", ItemProcessor=inner(ProcessorConfig={**INLINE, "ExecutionType": "EXPRESS"})),
        "UNKNOWN_FIELD",
    ),
    "a processor with a query language": (one("Map", ItemProcessor=inner(QueryLanguage="JSONata")), "UNKNOWN_FIELD"),
    "a reader without a Resource": (distributed(ItemReader={}), "MISSING_FIELD"),
    "a reader of no bucket": (distributed(ItemReader={"Resource": "arn:aws:states:::sqs:receive"}), "INVALID_RESOURCE"),
    "a reader of an unknown type": (
        distributed(ItemReader={"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "XML"}}),
        "INVALID_VALUE",
    ),
    "a writer of an unknown type": (distributed(ResultWriter={"WriterConfig": {"OutputType": "XML"}}), "INVALID_VALUE"),
    "CSV without where its header is": (
        distributed(ItemReader={"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV"}}),
        "MISSING_FIELD",
    ),
    "JSON with a header": (
        distributed(
            ItemReader={
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW"},
            }
        ),
        "UNKNOWN_FIELD",
    ),
    "a given header that is not given": (
        distributed(
            ItemReader={
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"},
            }
        ),
        "MISSING_FIELD",
    ),
    "a writer without an output type": (distributed(ResultWriter={"WriterConfig": {}}), "MISSING_FIELD"),
    "an empty writer": (distributed(ResultWriter={}), "MISSING_FIELD"),
    "a batch of two sizes": (
        distributed(ItemBatcher={"MaxItemsPerBatch": 1, "MaxItemsPerBatchPath": "$.n"}),
        "EXCLUSIVE_FIELDS",
    ),
    "a batch of more than AWS hands on": (
        distributed(ItemBatcher={"MaxInputBytesPerBatch": 262_145}),
        "INVALID_VALUE",
    ),
    "a batch of no size": (distributed(ItemBatcher={"BatchInput": {}}), "MISSING_FIELD"),
    "a reader with a field AWS does not know": (
        distributed(ItemReader={"Resource": "arn:aws:states:::s3:getObject", "Bucket": "b"}),
        "UNKNOWN_FIELD",
    ),
    "items by a wildcard": (one("Map", ItemProcessor=inner(), ItemsPath="$.orders[*].items"), "INVALID_PATH"),
    "a label of 41 characters": (distributed(Label="l" * 41), "INVALID_LABEL_NAME"),
    "an empty label": (distributed(Label=""), "INVALID_LABEL_NAME"),
    "a label with a blank": (distributed(Label="my label"), "INVALID_LABEL_NAME"),
    "a label with a sign": (distributed(Label="orders:eu"), "INVALID_LABEL_NAME"),
    "two Maps of one label": (twice(distributed(Label="orders")), "DUPLICATE_LABEL_NAME"),
    "a callback in child workflows that are EXPRESS": (
        distributed(ItemProcessor=express(Resource="arn:aws:states:::lambda:invoke.waitForTaskToken")),
        "NOT_IN_EXPRESS",
    ),
    "no branches": (one("Parallel"), "MISSING_FIELD"),
    "an empty list of branches": (one("Parallel", Branches=[]), "INVALID_VALUE"),
    "a branch in a list of its own": (one("Parallel", Branches=[[inner()]]), "INVALID_TYPE"),
}

REFUSED = {**TASKS, **RULES, **MAPS}


@pytest.mark.parametrize("name", REFUSED)
def test_aws_refuses(name: str) -> None:
    definition, code = REFUSED[name]
    assert code in errors(definition)


@pytest.mark.parametrize(
    "definition",
    [
        task(Resource="arn:aws:states:::glue:startJobRun.sync", Parameters={"JobName": "j"}),
        task(Resource="arn:aws:states:::states:startExecution.sync:2", Parameters={"StateMachineArn": "arn:x"}),
        task(Resource="arn:aws:states:::sns:publish.waitForTaskToken", Parameters={"Message": "$$.Task.Token"}),
        task(Resource=ACTIVITY),
        distributed(),
    ],
)
def test_express_leaves_out_what_standard_has(definition: dict[str, Any]) -> None:
    assert errors(definition) == []
    assert errors(definition, "EXPRESS") == ["NOT_IN_EXPRESS"]


def test_a_call_without_parameters_speaks_of_no_service_that_there_may_not_be() -> None:
    (problem,) = [one for one in check(task(Resource="arn:aws:states:::foo:bar")) if one.code == "MISSING_PARAMETER"]
    assert "foo" not in problem.message
