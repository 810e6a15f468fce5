"""The guide's other functions on the embedded AWS: one that answers API Gateway, one that invokes another."""

import json
from typing import Any

import pytest

from tests.fixtures_aws import EmbeddedAws
from tests.flows.conftest import Road

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]


def test_a_function_answers_and_invokes_another(road: Road, embedded_aws: EmbeddedAws) -> None:
    prefix = road.environment.name_prefix
    lambda_ = embedded_aws.client("lambda")

    def invoke(name: str, event: dict[str, Any]) -> Any:
        answer = lambda_.invoke(FunctionName=f"{prefix}{name}:live", Payload=json.dumps(event))
        assert "FunctionError" not in answer
        return json.load(answer["Payload"])

    query = {"transactionId": "T-1", "type": "PURCHASE", "amount": "10"}
    answer = invoke("TransactionProcessor", {"queryStringParameters": query})
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["transactionId"] == "T-1"
    assert invoke("TransactionProcessor", {"queryStringParameters": None})["statusCode"] == 400

    answer = invoke("Invoker", {"payload": {"n": 1}})
    assert answer["statusCode"] == 200
    assert answer["payload"]["message"] == "Hello from the invoked function."
    assert answer["payload"]["received"] == {"n": 1}
    assert invoke("Invoker", {"invocationType": "Event", "payload": {}})["statusCode"] == 202
