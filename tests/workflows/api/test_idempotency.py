"""`Idempotency-Key` as a caller sees it: answers replayed word for word, other bodies and keys in flight refused."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.factories import DeploymentFactory, UserFactory
from transactions.models import Transaction
from workflows.models import User
from workflows.services import access
from workflows.services.idempotency import KeyInFlight

pytestmark = pytest.mark.django_db
INPUT = {"TransactionType": "PURCHASE", "CustomerId": "c", "Amount": 1}


@pytest.fixture
def alice() -> User:
    DeploymentFactory.create()
    return UserFactory.create()


def token(user: User) -> str:
    return access.issue_token(user, "tests", by=user)[1]


def submit(secret: str, key: str = "k", body: str | None = None, **members: Any) -> HttpResponse:
    sent = body or json.dumps({"workflow": "transaction-processor", "input": INPUT, **members})
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
    answer = Client().post("/api/v1/transactions", sent, "application/json", headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def test_the_first_answer_is_replayed_whatever_became_of_the_transaction(alice: User) -> None:
    secret = token(alice)
    first = submit(secret)
    Transaction.objects.update(status="succeeded", output="{}")
    again = submit(secret)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Transaction.objects.count() == 1


def test_blanks_make_no_other_request_but_a_digit_does(alice: User) -> None:
    secret = token(alice)
    first = submit(secret)
    spread = json.dumps({"workflow": "transaction-processor", "input": INPUT}, indent=4)
    assert submit(secret, body=spread).content == first.content
    refused = submit(secret, body=spread.replace("1", "1.0"))
    assert refused.status_code == 422
    assert json.loads(refused.content)["errors"][0]["path"] == "Idempotency-Key"
    assert Transaction.objects.count() == 1


def test_blanks_make_no_other_request_without_a_content_type_either(alice: User) -> None:
    headers = {"Authorization": f"Bearer {token(alice)}", "Idempotency-Key": "k"}
    asked = {"workflow": "transaction-processor", "input": INPUT}
    bodies = (json.dumps(asked), json.dumps(asked, indent=4))
    first, again = (Client().post("/api/v1/transactions", sent, "", headers=headers) for sent in bodies)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content


def test_a_key_belongs_to_one_operation(alice: User) -> None:
    secret = token(alice)
    made = json.loads(submit(secret).content)
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"}
    again = Client().post(f"/api/v1/transactions/{made['id']}/rerun", "{}", "application/json", headers=headers)
    assert again.status_code == 422


def test_a_key_is_its_owners_with_whatever_token(alice: User) -> None:
    first = submit(token(alice))
    assert submit(token(alice)).content == first.content
    assert submit(token(UserFactory.create())).headers.get("Idempotent-Replayed") is None
    assert Transaction.objects.count() == 2


def test_a_key_in_flight_is_to_be_asked_for_again(alice: User) -> None:
    with patch("workflows.services.idempotency.once_in_rows", side_effect=KeyInFlight):
        refused = submit(token(alice))
    assert (refused.status_code, refused.headers["Retry-After"]) == (409, "1")
