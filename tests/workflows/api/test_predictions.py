"""Trying a workflow out by API: a definition checked before it is saved, and the way of an input."""

import importlib
import json
from typing import Any

import pytest

from tests.factories import DeploymentFactory
from tests.workflows.api.conftest import Asker, asker
from workflows.models import Workflow

pytestmark = pytest.mark.django_db
DONE = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


def test_a_definition_is_checked_without_being_saved(developer: Asker) -> None:
    assert developer.post("workflows/hello/check", {"definition": DONE}, 200) == {"problems": [], "prediction": None}
    told = developer.post("workflows/hello/check", {"definition": {"StartAt": "Nowhere", "States": {}}}, 200)
    assert told["problems"][0]["severity"] == "error"
    saved = developer.post("workflows/hello/revisions", {"definition": {"StartAt": "Nowhere", "States": {}}})
    assert saved["problems"] == told["problems"], "what saving would tell"
    assert Workflow.objects.count() == 1


def test_a_check_follows_an_input_through_what_is_not_saved(developer: Asker) -> None:
    told = developer.post("workflows/hello/check", {"definition": DONE, "input": {"a": 1.10}}, 200)
    assert (told["prediction"]["status"], told["prediction"]["output"]) == ("succeeded", {"a": 1.10})
    told = developer.post("workflows/hello/check", {"definition": "{", "input": {}}, 200)
    assert (told["prediction"], len(told["problems"])) == (None, 1)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"keys": {"a": "no path"}}, "/keys/a"),
        ({"input_schema": {"type": 7}}, "/input_schema"),
        ({"input": {}, "results": {"Nowhere": 1}}, "/results/Nowhere"),
    ],
)
def test_a_check_refuses_what_could_not_be_saved(developer: Asker, more: Any, path: str) -> None:
    refused = developer.post("workflows/hello/check", {"definition": DONE, **more}, 422)
    assert [error["path"] for error in refused["errors"]] == [path]


def test_who_may_not_save_a_workflow_checks_none() -> None:
    for somebody in (asker("operator"), asker(scopes=["read"]), asker(workflows=["another"])):
        somebody.post("workflows/hello/check", {"definition": DONE}, 403)


def test_a_prediction_tells_the_way_and_the_rules(developer: Asker) -> None:
    DeploymentFactory.create()
    body = {"input": {"TransactionType": "REFUND", "Amount": 1.10}}
    told = developer.post("workflows/transaction-processor/predict", body, 200)
    assert [step["state"] for step in told["steps"]] == ["ProcessTransaction", "ProcessRefund"]
    assert (told["steps"][0]["choice"]["rule"], told["status"]) == (1, "unknown")
    gone = developer.post("workflows/transaction-processor/predict", {**body, "results": {"ProcessRefund": 1}}, 200)
    assert (gone["status"], gone["output"]) == ("succeeded", 1)
    assert gone["refused_for"] == [{"path": "/input/CustomerId", "message": "This is required."}]
    refused = developer.post("workflows/transaction-processor/predict", {**body, "results": {"Nowhere": 1}}, 422)
    assert [error["path"] for error in refused["errors"]] == ["/results/Nowhere"]
    unmatched = developer.post("workflows/transaction-processor/predict", {"input": {"TransactionType": "X"}}, 200)
    assert unmatched["error"] == "States.NoChoiceMatched"


def test_a_prediction_is_waited_for_no_longer_than_it_may(developer: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    DeploymentFactory.create()
    monkeypatch.setattr(importlib.import_module("workflows.api.predictions"), "PATIENCE", 0.0)
    told = developer.post("workflows/transaction-processor/predict", {"input": {"TransactionType": "REFUND"}}, 200)
    assert told["status"] == "unknown"
    assert "take too long here" in told["reason"]


def test_a_prediction_says_that_aws_does_not_take_jsonata_that_cannot_be_read(developer: Asker) -> None:
    DeploymentFactory.create()
    broken = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Succeed", "Output": "{% 1 + %}"}}}
    developer.post("workflows/hello/revisions", {"definition": broken})
    told = developer.post("workflows/hello/predict", {"input": {}}, 200)
    assert (told["status"], told["steps"]) == ("unknown", [])
    assert told["reason"].startswith("AWS does not take this definition: Output cannot be read as JSONata: ")


def test_a_token_that_submits_may_ask_before_it_does() -> None:
    live = DeploymentFactory.create()
    address, by = "workflows/transaction-processor", asker("operator", scopes=["submit"])
    told = by.post(f"{address}/predict", {"input": {"TransactionType": "REFUND"}}, 200)
    assert told["steps"][0]["state"] == "ProcessTransaction"
    assert live.workflow_revision is not None
    wanted = json.loads(live.workflow_revision.input_schema)
    assert by.get(f"{address}/input-schema") == {"revision": live.revision.number, "input_schema": wanted}
    assert by.ask("GET", address).status_code == 403
    bound = asker("operator", scopes=["submit"], workflows=["another"])
    assert bound.ask("GET", f"{address}/input-schema").status_code == 403
    assert asker(scopes=["deploy"]).ask("GET", f"{address}/input-schema").status_code == 403
