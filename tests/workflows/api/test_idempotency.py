"""`Idempotency-Key` as a caller sees it: answers replayed word for word, other bodies and keys in flight refused."""

import hashlib
import json
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.client import encode_multipart

from controlplane.api import api
from tests.factories import DeploymentFactory, EnvironmentFactory, FunctionRevisionFactory, UserFactory
from transactions.models import Transaction
from workflows import packaging
from workflows.api.idempotency import HEADER
from workflows.models import FunctionRevision, IdempotencyKey, Import, Survey, User
from workflows.services import access
from workflows.services.idempotency import KeyInFlight

pytestmark = pytest.mark.django_db
INPUT = {"TransactionType": "PURCHASE", "CustomerId": "c", "Amount": 1}
FUNCTION = {"runtime": "python3.12", "handler": "app.run"}


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


def test_members_in_another_order_make_no_other_request(alice: User) -> None:
    secret, named = token(alice), '"workflow": "transaction-processor"'
    first = submit(secret, body=f'{{{named}, "input": {json.dumps(INPUT)}}}')
    turned = '{"Amount": 1, "CustomerId": "\\u0063", "TransactionType": "PURCHASE"}'
    again = submit(secret, body=f'{{"input": {turned}, {named}}}')
    assert (first.status_code, again.content) == (201, first.content)
    for other in (turned.replace("1", "1.0"), turned.replace("PURCHASE", "REFUND")):
        assert submit(secret, body=f'{{"input": {other}, {named}}}').status_code == 422


def test_a_key_of_a_version_before_is_known_by_its_text(alice: User) -> None:
    secret, body = token(alice), json.dumps({"workflow": "transaction-processor", "input": INPUT}, indent=1)
    first = submit(secret, body=body)
    text = json.dumps({"workflow": "transaction-processor", "input": INPUT}, separators=(",", ":"))
    former = hashlib.sha256(f"POST /api/v1/transactions\n{text}".encode()).hexdigest()
    assert IdempotencyKey.objects.filter(user=alice).exclude(fingerprint=former).update(fingerprint=former) == 1
    assert submit(secret, body=body).content == first.content
    assert submit(secret, body=body.replace("1", "2")).status_code == 422


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


CREATE_NOTHING = {
    "transactions/{pk}/stop",
    "transactions/{pk}/redrive",
    "hooks/{pk}/take-over",
    "hooks/{pk}/verify",
    "hooks/{pk}/off",
    "hooks/{pk}/end-overlap",
    "hooks/{pk}/resend",
    "deliveries/{pk}/resend",
    "inbound-hooks/{name}/end-overlap",
    "inbound-hooks/{name}/take-over",
    "inbound-hooks/{name}/test",
    "workflows/{name}/check",
    "workflows/{name}/predict",
    "invocations/{pk}/leave",
    "drift",
    "functions/{name}/drift",
    "functions/{name}/restore",
    "workflows/{name}/drift",
    "imports/found",
    "tokens/{pk}/revoke",
}


def test_every_post_takes_a_key_but_those_that_create_nothing() -> None:
    keyless = {
        path.removeprefix("/api/v1/")
        for path, operations in api.get_openapi_schema()["paths"].items()
        if path.startswith("/api/v1/")
        and "post" in operations
        and HEADER not in {one["name"] for one in operations["post"].get("parameters", [])}
    }
    assert keyless == CREATE_NOTHING


def test_a_form_sent_again_is_the_same_request_whatever_its_boundary() -> None:
    secret = token(UserFactory.create(role="developer"))

    def save(code: bytes, note: str = "") -> HttpResponse:
        sent = {"package": SimpleUploadedFile("app.zip", code), "configuration": json.dumps(FUNCTION), "note": note}
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"}
        body = encode_multipart(boundary := uuid4().hex, sent)
        media = f"multipart/form-data; boundary={boundary}"
        answer = Client().post("/api/v1/functions/Uploaded/revisions", body, media, headers=headers)
        assert isinstance(answer, HttpResponse)
        return answer

    one, other = (
        packaging.zip_of([("app.py", b"def run(event, context):\n    return %d\n" % n, False)]).content for n in (1, 2)
    )
    first, again = save(one), save(one)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [save(other).status_code, save(one, note="another").status_code] == [422, 422]
    assert FunctionRevision.objects.count() == 1


def test_a_trigger_and_an_import_are_made_once_for_a_key() -> None:
    FunctionRevisionFactory.create()
    headers = {"Authorization": f"Bearer {token(UserFactory.create(role='developer'))}"}
    arn = "arn:aws:lambda:us-east-1:000000000000:function:theirs"
    entry = {"kind": "function", "name": "theirs", "arn": arn, "what": "", "owner": ""}
    Survey.objects.create(environment=EnvironmentFactory.create(), found=[entry])
    asked = {
        "functions/ProcessPurchase/triggers": {"type": "http", "settings": {"method": "POST", "path": "/purchases"}},
        "imports": {"arn": arn, "name": "Mine"},
    }
    for path, body in asked.items():
        first, again = (
            Client().post(f"/api/v1/{path}", body, "application/json", headers=headers | {"Idempotency-Key": path})
            for _ in "12"
        )
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert (first.status_code < 300, again.headers["Idempotent-Replayed"]) == (True, "true")
    assert FunctionRevision.objects.count() == 2
    assert Import.objects.count() == 1
