"""What leaves as a file comes back as it was, in both forms; and what others wrote is taken or refused in words."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import DEFINITION, KEYS, SCHEMA
from tests.flows.test_triggers import ALL
from workflows import exchange, packaging, triggers
from workflows.exchange import Bundle, Carried, NotTaken
from workflows.packaging import FunctionDefinition, Package, Permission, WorkflowDefinition

CODE = packaging.zip_of([("handler.py", b"def handler(event, context):\n    return 1\n", False)])
EXISTING = [
    {"type": "http", "method": "ANY", "path": "/{proxy+}", "api": "shop", "cors": ["https://a.example"]},
    {"type": "s3", "bucket": "theirs"},
    {"type": "sqs", "queue": "theirs", "batch_size": 20, "batch_window": 3, "max_receives": 9},
    {"type": "sns", "topic": "theirs"},
    {"type": "dynamodb", "table": "theirs", "filter": {"eventName": ["INSERT"]}},
    {"type": "eventbridge", "name": "a.b", "pattern": {"source": ["shop"]}, "bus": "orders"},
]
LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:shared:3"


def function(name: str, given: list[Any], **more: Any) -> Carried:
    definition = FunctionDefinition(name, "python3.12", "handler.handler", 256, 20, **more)
    return Carried(packaging.replace_triggers(name, definition, given), CODE)


FULL = Bundle(
    functions=(
        function(
            "First-one",
            ALL,
            environment={"OTHER": "${Second}", "URL": "https://x/${Elsewhere}/${id.x}", "PLAIN": "1"},
            permissions=(
                Permission(("lambda:InvokeFunction",), ("${Second}", "${Elsewhere}")),
                Permission(("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::x/*",)),
            ),
            architecture="arm64",
            layers=(LAYER,),
            storage=1024,
            concurrency=0,
            on_failure="arn:aws:events:eu-central-1:123456789012:event-bus/failed",
            dead_letter="arn:aws:sqs:eu-central-1:123456789012:dead",
            role="arn:aws:iam::123456789012:role/theirs",
            tags={"team": "shop"},
        ),
        function("Second", EXISTING),
    ),
    workflows=(
        WorkflowDefinition("transaction-processor", "Payments", "STANDARD", KEYS, DEFINITION, SCHEMA, True),
        WorkflowDefinition("plain", "plain", "EXPRESS", {}, '{ "StartAt" : "${Second}" , "n": 1.10 }', ""),
    ),
)


@pytest.mark.parametrize("write", [exchange.to_sam, exchange.to_json], ids=["sam", "json"])
def test_what_is_exported_comes_back_as_it_was(write: Callable[[Bundle], bytes]) -> None:
    assert exchange.read(write(FULL)) == FULL


def test_a_folder_around_the_files_of_a_zip_makes_no_difference() -> None:
    files = unpacked(exchange.to_sam(FULL))
    assert exchange.read(zipped({f"unpacked/{name}": content for name, content in files.items()})) == FULL


def test_what_somebody_changed_in_a_template_counts_and_not_what_it_was_exported_from() -> None:
    one = function(
        "One", [{"type": "sqs", "queue": "orders", "create": True}, {"type": "http", "method": "GET", "path": "/a"}]
    )
    files = unpacked(exchange.to_sam(Bundle((one,))))
    template = json.loads(files["template.json"])
    template["Resources"]["One"]["Properties"]["Events"]["Trigger2"]["Properties"]["Path"] = "/b"
    found = exchange.read(zipped(files | {"template.json": json.dumps(template).encode()})).functions[0]
    assert [trigger.settings.get("path") for trigger in found.definition.triggers] == [None, "/b"]
    assert found.definition.triggers[0].makes_source


def test_other_names_are_put_wherever_a_function_is_named() -> None:
    found = FULL.renamed({"functions": {"Second": "Third"}, "workflows": {"plain": "copy"}})
    first, third = (one.definition for one in found.functions)
    assert (third.name, first.environment["OTHER"]) == ("Third", "${Third}")
    assert first.permissions[0].resources == ("${Third}", "${Elsewhere}")
    assert [(one.name, one.title) for one in found.workflows] == [
        ("transaction-processor", "Payments"),
        ("copy", "copy"),
    ]
    assert "${Third}" in found.workflows[1].definition


# ---- templates of others

THEIRS: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Globals": {"Function": {"Runtime": "python3.12", "Timeout": 9, "Environment": {"Variables": {"ALL": "1"}}}},
    "Parameters": {"Stage": {"Type": "String", "Default": "test"}},
    "Resources": {
        "Orders": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": "app.run",
                "CodeUri": "src/",
                "Description": "Takes orders",
                "Environment": {"Variables": {"STAGE": {"Ref": "Stage"}, "NEXT": {"Ref": "Next"}}},
                "Policies": [
                    "AWSLambdaBasicExecutionRole",
                    {"LambdaInvokePolicy": {"FunctionName": {"Ref": "Next"}}},
                    {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}},
                ],
                "Events": {
                    "Call": {"Type": "HttpApi", "Properties": {"Path": "/orders", "Method": "post"}},
                    "Queue": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Inbox", "Arn"]}, "BatchSize": 5}},
                    "Old": {"Type": "SNS", "Properties": {"Topic": "arn:aws:sns:eu-west-1:123456789012:news"}},
                    "Nightly": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}},
                },
            },
        },
        "Next": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Handler": "index.run", "InlineCode": "def run(event, context):\n    return event\n"},
        },
        "Flow": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Definition": {
                    "StartAt": "Go",
                    "States": {"Go": {"Type": "Task", "Resource": "${Function}", "End": True}},
                },
                "DefinitionSubstitutions": {"Function": {"Fn::GetAtt": "Orders.Arn"}},
                "Role": {"Fn::GetAtt": "SomeRole.Arn"},
            },
        },
        "Inbox": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inbox"}},
        "Cdn": {"Type": "AWS::CloudFront::Distribution"},
    },
}


def theirs(**changed: Any) -> bytes:
    """The template with properties of Orders changed, and its code."""
    template = json.loads(json.dumps(THEIRS))
    template["Resources"]["Orders"]["Properties"] |= changed
    return zipped({"template.json": json.dumps(template).encode(), "src/app.py": b"def run(event, context): ...\n"})


def event(kind: str, **properties: Any) -> dict[str, Any]:
    """The only event of Orders."""
    return {"Events": {"A": {"Type": kind, "Properties": properties}}}


def test_a_template_that_others_wrote_is_read() -> None:
    found = exchange.read(theirs())
    orders, following = (one.definition for one in found.functions)
    assert (orders.name, orders.timeout, orders.memory) == ("Orders", 9, 128)
    assert orders.environment == {"ALL": "1", "STAGE": "test", "NEXT": "${Next}"}
    assert orders.permissions == (
        Permission(("lambda:InvokeFunction",), ("${Next}",)),
        Permission(("s3:GetObject",), ("arn:aws:s3:::x/*",)),
    )
    assert orders.triggers == triggers.read_all(
        [
            {"type": "http", "method": "POST", "path": "/orders"},
            {"type": "sqs", "queue": "inbox", "batch_size": 5, "create": True},
            {"type": "sns", "topic": "news"},
            {"type": "schedule", "name": "Nightly", "expression": "rate(1 day)"},
        ]
    )
    assert (following.handler, names(found.functions[1].package)) == ("index.run", ["index.py"])
    assert names(found.functions[0].package) == ["app.py"]
    assert json.loads(found.workflows[0].definition)["States"]["Go"]["Resource"] == "${Orders}"
    assert found.left_out == (
        "Of Orders is not taken: its description.",
        "Of Flow is not taken: its role (made from its definition here).",
        "Cdn (AWS::CloudFront::Distribution) is not taken: functions and state machines are.",
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"VpcConfig": {"SubnetIds": []}}, "the property VpcConfig cannot be taken"),
        ({"ImageUri": "x"}, "the property ImageUri cannot be taken"),
        ({"Runtime": "cobol"}, "`runtime` cannot be 'cobol'"),
        ({"MemorySize": 5}, "`memory` is 5"),
        ({"Policies": ["AmazonS3FullAccess"]}, "the policy AmazonS3FullAccess is made elsewhere"),
        ({"Policies": [{"Statement": [{"Effect": "Deny", "Action": "a:B", "Resource": "x"}]}]}, "does not say Allow"),
        ({"Policies": [{"Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "x"}]}]}, "one by one"),
        ({"Environment": {"Variables": {"XX": {"Fn::GetAtt": ["Inbox", "Arn"]}}}}, "cannot be told without deploying"),
        ({"Environment": {"Variables": {"XX": {"Ref": "AWS::Region"}}}}, "is not known before it is deployed"),
        (event("Api"), "the event A is of the type Api"),
        (event("Kinesis"), "the event A is of the type Kinesis"),
        (event("SQS", Queue="q", Enabled=False), "property of the event A Enabled"),
        (event("SQS", Queue={"Ref": "Next"}), "Next is not of the type AWS::SQS::Queue"),
        (event("S3", Bucket="b", Filter={"S3Key": {"Rules": [1]}}), "not of the shape"),
        ({"Layers": "x"}, "layer"),
        ({"Environment": [1]}, "not of the shape"),
    ],
)  # fmt: skip
def test_what_a_definition_has_no_words_for_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(NotTaken, match="Orders") as refused:
        exchange.read(theirs(**changed))
    assert said in str(refused.value)


PACKED = b'{"signalbox":1,"functions":[{"name":"A","runtime":"python3.12","handler":"a.b","package":"%s"}]}'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Nothing was sent"),
        (b"Transform: AWS::Serverless-2016-10-31\n", "YAML is not read here"),
        (b"[]", "A JSON object is wanted"),
        (b"{}", "neither an AWS SAM template"),
        (b'{"Resources": []}', "`Resources` is an object"),
        (b'{"Resources": {}}', "There is neither"),
        (b'{"signalbox": 2}', "a version that is not known here"),
        (b'{"signalbox": 1, "functions": 3}', "`functions` is a list of objects"),
        (b'{"signalbox": 1, "more": 3}', "`more` is not known here"),
        (b'{"signalbox": 1, "functions": [{"name": "A"}]}', "function A: `runtime` is missing"),
        (b'{"signalbox": 1, "workflows": [{"name": "a", "definition": 3}]}', "`definition` is a text"),
        (b'{"signalbox": 1, "workflows": [{"name": "a"}, {"name": "a"}]}', "two of the workflow a"),
        (b'{"signalbox": 1, "workflows": [{"name": "a\\u0000"}]}', "NUL"),
        (PACKED % b"?", "not a zip in Base64"),
        (PACKED % b"YQ==", "not a zip file"),
        (b"PK\x03\x04", "not a zip file"),
        (b"{" + b" " * exchange.LARGEST, "at most"),
    ],
)  # fmt: skip
def test_a_file_that_is_nothing_of_the_kind_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(NotTaken) as refused:
        exchange.read(content)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"readme": b"x"}, "There is neither template.json nor signalbox.json in the zip"),
        ({"template.yaml": b"x"}, "YAML is not read here"),
        ({"../template.json": b"{}"}, "paths in a package stay inside it"),
        ({"template.json": b"{}", "large": b"0" * exchange.LARGEST}, "Unpacked it has more than"),
    ],
)
def test_a_zip_without_a_template_is_refused(files: dict[str, bytes], said: str) -> None:
    with pytest.raises(NotTaken) as refused:
        exchange.read(zipped(files))
    assert said in str(refused.value)


def names(package: Package | None) -> list[str]:
    assert package is not None
    return zipfile.ZipFile(io.BytesIO(package.content)).namelist()


def zipped(files: dict[str, bytes]) -> bytes:
    return packaging.zip_of((name, content, False) for name, content in files.items()).content


def unpacked(content: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {name: archive.read(name) for name in archive.namelist()}
