"""The functions' own code, called as Lambda calls it. How they run in AWS is for the flows to show."""

import importlib.util
import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from workflows import archives, packaging, runtimes

SOURCES = Path(__file__).resolve().parents[2] / "lambda_src"
CONTEXT = SimpleNamespace(function_name="signalbox-LambdaToInvoke", aws_request_id="r-1")


def module(folder: str) -> ModuleType:
    """A function's handler.py, loaded the way Lambda does: from its own folder, by its own name."""
    spec = importlib.util.spec_from_file_location(f"handler_of_{folder}", SOURCES / folder / "handler.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def call(folder: str, event: Any) -> Any:
    answer = module(folder).handler(event, CONTEXT)
    json.dumps(answer)  # Lambda gives back JSON
    return answer


def test_what_a_sample_is_tried_with_is_answered() -> None:
    for folder in ("process_purchase", "process_refund", "transaction_processor", "lambda_to_invoke"):
        tried = packaging.read_payloads(SOURCES / folder)
        assert tried
        for text in tried.values():
            assert call(folder, json.loads(text))


@pytest.mark.parametrize(
    ("folder", "type", "message"),
    [
        ("process_purchase", "PURCHASE", "The purchase was processed."),
        ("process_refund", "REFUND", "The refund was processed."),
    ],
)
def test_a_transaction_is_answered_with_its_values_a_time_and_a_message(folder: str, type: str, message: str) -> None:
    answer = call(folder, {"TransactionType": type, "CustomerId": "c1", "Amount": 50.25})
    at = datetime.fromisoformat(answer.pop("Timestamp"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert answer == {
        "TransactionType": type,
        "CustomerId": "c1",
        "Amount": 50.25,
        "Message": message,
        "RequestId": "r-1",
    }


@pytest.mark.parametrize("folder", ["process_purchase", "process_refund"])
def test_an_input_without_a_type_fails_the_function(folder: str) -> None:
    with pytest.raises(KeyError, match="TransactionType"):
        call(folder, {})


def test_all_query_parameters_are_answered_with_200() -> None:
    given = {"transactionId": "5", "type": "PURCHASE", "amount": "500"}
    answer = call("transaction_processor", {"queryStringParameters": given})
    assert (answer["statusCode"], answer["headers"]) == (200, {"Content-Type": "application/json"})
    assert json.loads(answer["body"]) == given | {"message": "The transaction was received."}


@pytest.mark.parametrize(
    ("parameters", "missing"),
    [
        (None, "transactionId, type, amount"),
        ({}, "transactionId, type, amount"),
        ({"transactionId": "5", "amount": "500"}, "type"),
        ({"transactionId": "5", "type": "", "amount": "500"}, "type"),
    ],
)
def test_missing_query_parameters_are_answered_with_400_and_named(parameters: Any, missing: str) -> None:
    answer = call("transaction_processor", {"queryStringParameters": parameters})
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"]) == {"message": f"Missing query parameters: {missing}."}


def test_an_event_that_is_not_of_api_gateway_is_answered_with_400() -> None:
    assert call("transaction_processor", {})["statusCode"] == 400


@pytest.mark.parametrize("event", [{"a": [1]}, [], None, "text"])
def test_the_invoked_function_gives_back_what_came_and_its_name(event: Any) -> None:
    answer = call("lambda_to_invoke", event)
    assert (answer["received"], answer["function"]) == (event, "signalbox-LambdaToInvoke")


def test_another_invocation_type_is_refused_before_anything_is_invoked() -> None:
    with pytest.raises(ValueError, match="'DryRun', but must be one of RequestResponse, Event"):
        call("invoker", {"invocationType": "DryRun"})


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in SOURCES.glob("*/function.toml")))
def test_every_function_has_a_definition_that_leads_to_its_code(folder: str) -> None:
    definition = packaging.read_function(SOURCES / folder)
    package = packaging.pack(SOURCES / folder).content
    archives.check(package)
    assert runtimes.missing_handler(definition.runtime, definition.handler, archives.names(package)) is None
    if runtimes.family(definition.runtime) == "python":
        assert callable(getattr(module(folder), definition.handler.partition(".")[2]))


def test_only_the_invoker_may_do_more_than_write_its_log() -> None:
    allowed = {
        path.parent.name: tomllib.loads(path.read_text()).get("permissions", []) for path in SOURCES.glob("*/*.toml")
    }
    assert {name for name, permissions in allowed.items() if permissions} == {"invoker"}
    assert allowed["invoker"] == [{"actions": ["lambda:InvokeFunction"], "resources": ["${LambdaToInvoke}"]}]
