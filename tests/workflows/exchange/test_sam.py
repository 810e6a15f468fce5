"""Functions and workflows as a SAM template, held to the library that `sam validate` itself uses."""

from pathlib import Path
from typing import Any

import pytest

from tests.factories import DEFINITION
from tests.flows.test_triggers import ALL
from workflows import packaging, triggers
from workflows.exchange import sam
from workflows.packaging import FunctionDefinition, Permission, WorkflowDefinition

ROOT = Path(__file__).parents[3]
EXISTING = [
    {"type": "sqs", "queue": "theirs"},
    {"type": "sns", "topic": "theirs"},
    {"type": "dynamodb", "table": "theirs"},
]


def translated(template: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What CloudFormation is given, once the files are in S3. Raises InvalidDocumentException."""
    # Here, for each worker of a run imports every test module, and one of them runs this.
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for resource in template["Resources"].values():
        for name in ("CodeUri", "DefinitionUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://code/" + resource["Properties"][name].removeprefix("./")
    found: dict[str, Any] = Translator({}, Parser()).translate(template, {})
    return found["Resources"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("given", [ALL, EXISTING, []], ids=["made here", "that exist", "none"])
def test_the_translator_accepts_every_type_of_trigger(given: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = (Permission(("lambda:InvokeFunction",), ("${Other-One}",)), Permission(("s3:GetObject",), ("*",)))
    definition = FunctionDefinition(
        "My-function",
        "python3.12",
        "handler.handler",
        256,
        20,
        {"OTHER": "${Other-One}", "URL": "https://x/${Other-One}"},
        allowed,
        triggers.read_all(given),
    )
    resources = translated(sam.template([definition]), monkeypatch)
    kinds = {resource["Type"] for resource in resources.values()}
    assert resources["MyFunction"]["Properties"]["MemorySize"] == 256
    if given is ALL:
        wanted = {"AWS::ApiGatewayV2::Api", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"}
        assert wanted | {"AWS::DynamoDB::Table", "AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"} <= kinds
        queues = [one.get("Properties", {}) for one in resources.values() if one["Type"] == "AWS::SQS::Queue"]
        assert 120 in [one.get("VisibilityTimeout") for one in queues]  # else Lambda would not read it


@pytest.mark.parametrize(
    "folder", sorted((ROOT / "lambda_src").glob("*/function.toml")), ids=lambda file: file.parent.name
)
def test_every_function_that_ships_can_be_exported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = packaging.read_function(folder.parent)
    assert sam.logical_id(definition.name) in translated(sam.template([definition]), monkeypatch)


def test_the_translator_accepts_a_workflow_with_and_without_its_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    workflow = WorkflowDefinition("transaction-processor", "Payments", "STANDARD", {}, DEFINITION, "{}")
    purchase = FunctionDefinition("ProcessPurchase", "python3.12", "handler.handler", 128, 10)
    template = sam.template([purchase], [workflow])
    assert list(template["Parameters"]) == ["ProcessRefundName"]
    found = translated(template, monkeypatch)["TransactionProcessorWorkflow"]
    assert found["Type"] == "AWS::StepFunctions::StateMachine"
    assert found["Properties"]["DefinitionSubstitutions"] == {
        "ProcessPurchase": {"Fn::GetAtt": ["ProcessPurchase", "Arn"]},
        "ProcessRefund": {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${ProcessRefundName}"},
    }
    assert found["Properties"]["StateMachineType"] == "STANDARD"


def test_names_that_are_one_to_cloudformation_get_ids_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    same = [FunctionDefinition(name, "python3.12", "a.b", 128, 3) for name in ("a-b", "A_B")]
    assert set(sam.template(same)["Resources"]) == {"AB", "AB2"}


def test_text_that_looks_like_a_variable_of_cloudformation_stays_as_it_is() -> None:
    definition = FunctionDefinition("One", "python3.12", "a.b", 128, 3, {"URL": "${Two}/${id.x}"})
    given = sam.template([definition])["Resources"]["One"]["Properties"]["Environment"]["Variables"]
    assert given == {"URL": {"Fn::Sub": "${TwoName}/${!id.x}"}}
