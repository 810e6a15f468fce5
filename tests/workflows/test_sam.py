"""A function as a SAM template, held to the library that `sam validate` itself uses."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.factories import FunctionRevisionFactory, UserFactory
from tests.flows.test_triggers import ALL
from workflows import packaging, sam, triggers
from workflows.packaging import FunctionDefinition, Permission

ROOT = Path(__file__).parents[2]
EXISTING = [
    {"type": "sqs", "queue": "theirs"},
    {"type": "sns", "topic": "theirs"},
    {"type": "dynamodb", "table": "theirs"},
]


def translated(template: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What CloudFormation would be given. Raises InvalidDocumentException."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
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
    resources = translated(sam.template(definition, "s3://code/function.zip"), monkeypatch)
    kinds = {resource["Type"] for resource in resources.values()}
    assert resources["MyFunction"]["Properties"]["MemorySize"] == 256
    if given is ALL:
        wanted = {"AWS::ApiGatewayV2::Api", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"}
        assert wanted | {"AWS::DynamoDB::Table", "AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"} <= kinds


@pytest.mark.parametrize(
    "folder", sorted((ROOT / "lambda_src").glob("*/function.toml")), ids=lambda file: file.parent.name
)
def test_every_function_that_ships_can_be_exported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = packaging.read_function(folder.parent)
    assert sam.logical_id(definition.name) in translated(sam.template(definition, "s3://code/a.zip"), monkeypatch)


@pytest.mark.django_db
def test_a_template_is_downloaded_from_the_functions_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    function = FunctionRevisionFactory.create(triggers=[triggers.read(one).as_dict() for one in ALL]).function
    client.force_login(UserFactory.create(role="viewer"))
    answer = client.get(f"/functions/{function.name}/template.json")
    assert answer["Content-Disposition"] == 'attachment; filename="ProcessPurchase.sam.json"'
    template = answer.json()
    template["Resources"]["ProcessPurchase"]["Properties"]["CodeUri"] = "s3://code/a.zip"
    assert translated(template, monkeypatch)["ProcessPurchase"]["Type"] == "AWS::Lambda::Function"
