"""What cannot be taken is refused quickly, names the part it is about, and leaves nothing behind: API and form."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.answers import text
from tests.factories import DeploymentFactory, UserFactory, WorkflowFactory
from transactions.models import BusinessKey, Execution, Transaction
from workflows.models import Activity, Fact, IdempotencyKey
from workflows.services import access

pytestmark = pytest.mark.django_db
API = "/api/v1/transactions"
FORM = "/transactions/new?workflow=transaction-processor"
LIMIT = 262_144


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends to the API with a token; `sent` is the body as bytes."""

    client: Client
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, sent: bytes, content_type: str = "application/json", **headers: str) -> HttpResponse:
        """The answer, which came soon; the first one imports what all the others find there."""
        named = {**self.headers, "Idempotency-Key": "k1", **headers}
        began = time.process_time()
        answer = self.client.post(API, sent, content_type=content_type, headers=named)
        assert time.process_time() - began < 5
        return answer  # type: ignore[return-value]


@pytest.fixture
def sender(client: Client) -> Sender:
    DeploymentFactory.create()
    user = UserFactory.create()
    _, secret = access.issue_token(user, "tests", by=user)
    return Sender(client, {"Authorization": f"Bearer {secret}"})


def body(input_text: str = '{"TransactionType": "PURCHASE", "CustomerId": "c1", "Amount": 5}', **members: Any) -> bytes:
    """A body whose input is this text as it stands."""
    others = json.dumps({"workflow": "transaction-processor", **members})
    return f'{others[:-1]}, "input": {input_text}}}'.encode("utf-8", "surrogatepass")


def with_type(value: str) -> bytes:
    """A body whose input has this JSON text as the type of the transaction."""
    return body(f'{{"TransactionType": {value}, "CustomerId": "c1", "Amount": 5}}')


def with_amount(value: str) -> bytes:
    return body(f'{{"TransactionType": "PURCHASE", "CustomerId": "c1", "Amount": {value}}}')


def of_size(size: int) -> str:
    """An input of this many bytes."""
    begin, end = '{"TransactionType": "PURCHASE", "CustomerId": "c1", "Amount": 5, "note": "', '"}'
    return begin + "x" * (size - len(begin) - len(end)) + end


def assert_nothing_stored() -> None:
    for model in (Transaction, Execution, BusinessKey, Fact, IdempotencyKey):
        assert not model._default_manager.exists(), model
    assert not Activity.objects.filter(action="transaction.submit").exists()


def assert_refused(answer: HttpResponse, statuses: tuple[int, ...], path: str) -> None:
    """It is a problem (RFC 9457) with one of these statuses that names this path, and nothing was stored."""
    told = json.loads(answer.content)
    assert answer.status_code in statuses, told
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert told["status"] == answer.status_code
    assert told["title"] and told["detail"]
    assert path in [error["path"] for error in told["errors"]], told
    assert all(error["message"] for error in told["errors"])
    assert_nothing_stored()


NOT_READ: dict[str, tuple[bytes, str]] = {
    "blanks": (b" \n", ""),
    "no JSON": (b"input=1", ""),
    "a scalar": (b"7", ""),
    "an array": (b"[]", ""),
    "null": (b"null", ""),
    "cut off": (body()[:-1], "/input"),
    "two values": (body() + body(), ""),
    "a comma too many": (body(f"{{{'}'}").replace(b"{}", b'{"a": 1,}'), "/input"),
    "single quotes": (b"{'workflow': 'x'}", ""),
    "a byte order mark": (b"\xef\xbb\xbf" + body(), ""),
    "UTF-16": (body().decode().encode("utf-16"), ""),
    "bytes that are not UTF-8": (with_type('"A\xff"').replace("ÿ".encode(), b"\xff"), "/input"),
    "an encoded surrogate": (with_type('"\ud800"'), "/input"),
    "a member twice": (body(workflow="x").replace(b'{"workflow"', b'{"workflow": "y", "workflow"'), "/workflow"),
    "the input twice": (body().replace(b'{"workflow"', b'{"input": {}, "workflow"'), "/input"),
    "a NUL in a name": (body(reference="a\0b"), "/reference"),
    "a lone surrogate in a text": (body(reference="\ud800"), "/reference"),
    "a depth of 100,000": (body("[" * 100_000 + "]" * 100_000), "/input"),
    "an unclosed depth of 100,000": (body("[" * 100_000), "/input"),
    "objects 20,000 deep": (body('{"a":' * 20_000 + "1" + "}" * 20_000), "/input"),
    "a huge number elsewhere": (
        body(reference=1).replace(b'"reference": 1', b'"reference": ' + b"9" * 5_000),
        "/reference",
    ),
}
NOT_VALID: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", ""),
    "no workflow": (b'{"input": {}}', "/workflow"),
    "no input": (b'{"workflow": "transaction-processor"}', "/input"),
    "a workflow that is a number": (body(workflow=7), "/workflow"),
    "a workflow that is null": (body(workflow=None), "/workflow"),
    "a workflow that is an object": (body(workflow={"name": "x"}), "/workflow"),
    "a workflow of no name": (body(workflow=""), "/workflow"),
    "a workflow with a very long name": (body(workflow="x" * 1_000), "/workflow"),
    "an unknown workflow": (body(workflow="nobody"), "/workflow"),
    "an undeployed workflow": (body(workflow="asleep"), "/workflow"),
    "an unknown environment": (body(environment="mars"), "/environment"),
    "an environment that is a list": (body(environment=["default"]), "/environment"),
    "a reference that is a number": (body(reference=7), "/reference"),
    "a reference that is too long": (body(reference="x" * 201), "/reference"),
    "an unknown member": (body(inputs={}), "/inputs"),
    "an empty input": (body("{}"), "/input/TransactionType"),
    "an input that is a scalar": (body("7"), "/input"),
    "an input that is null": (body("null"), "/input"),
    "an input that is a list": (body("[]"), "/input"),
    "an input that is a text": (body('"{}"'), "/input"),
    "a type that is a number": (with_type("7"), "/input/TransactionType"),
    "an amount that the schema does not allow": (with_amount("0"), "/input/Amount"),
    "an amount that is a text": (with_amount('"5"'), "/input/Amount"),
    "an amount that is null": (with_amount("null"), "/input/Amount"),
    "NaN": (with_amount("NaN"), "/input/Amount"),
    "Infinity": (with_amount("-Infinity"), "/input/Amount"),
    "a number of 5,000 digits": (with_amount("9" * 5_000), "/input/Amount"),
    "a fraction of 5,000 digits": (with_amount("0." + "9" * 5_000), "/input/Amount"),
    "1e400": (with_amount("1e400"), "/input/Amount"),
    "1e-400": (with_amount("1e-400"), "/input/Amount"),
    "an exponent beyond all": (with_amount("1e999999999999999999999"), "/input/Amount"),
    "a lone surrogate": (with_type(r'"\ud800"'), "/input/TransactionType"),
    "a NUL": (with_type(r'"a\u0000"'), "/input/TransactionType"),
    "a key twice": (body('{"Amount": 1, "Amount": 2}'), "/input"),
    "a key twice, once escaped": (body(r'{"Amount": 1, "\u0041mount": 2}'), "/input"),
    "a byte more than AWS takes": (body(of_size(LIMIT + 1)), "/input"),
    "101 levels": (body('{"a":' * 101 + "1" + "}" * 101), "/input"),
}


class TestTheApi:
    @pytest.mark.parametrize("case", NOT_READ)
    def test_a_body_that_cannot_be_read_is_refused(self, sender: Sender, case: str) -> None:
        sent, path = NOT_READ[case]
        assert_refused(sender.send(sent), (400,), path)

    @pytest.mark.parametrize("case", NOT_VALID)
    def test_a_body_that_asks_for_what_cannot_be_is_refused(self, sender: Sender, case: str) -> None:
        WorkflowFactory.create(name="asleep")
        sent, path = NOT_VALID[case]
        assert_refused(sender.send(sent), (400, 422), path)

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    def test_another_content_type_is_refused(self, sender: Sender, content_type: str) -> None:
        assert_refused(sender.send(body(), content_type), (415,), "Content-Type")

    def test_a_body_of_many_megabytes_is_refused(self, sender: Sender) -> None:
        for size in (600_000, 5_000_000):
            answer = sender.send(b" " * size + body())
            assert answer.status_code == 413
            assert json.loads(answer.content)["status"] == 413
            assert_nothing_stored()

    @pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\tb"])
    def test_a_key_that_cannot_be_kept_is_refused(self, sender: Sender, key: str) -> None:
        answer = sender.send(body(), **{"Idempotency-Key": key})
        assert_refused(answer, (400, 422), "Idempotency-Key")
        assert "1 to 255 printable characters of ASCII" in json.loads(answer.content)["errors"][0]["message"]

    def test_the_largest_input_that_aws_takes_is_taken(self, sender: Sender) -> None:
        answer = sender.send(body(of_size(LIMIT)))
        assert answer.status_code in (201, 422), answer.content
        if answer.status_code == 422:
            assert "bytes" not in answer.content.decode()

    def test_a_key_refused_once_is_free_for_a_better_request(self, sender: Sender) -> None:
        assert sender.send(body("{}")).status_code == 422
        assert sender.send(body()).status_code == 201
        assert Transaction.objects.count() == 1

    def test_every_problem_of_an_input_is_named_at_once(self, sender: Sender) -> None:
        told = json.loads(sender.send(body('{"Amount": "x"}')).content)
        paths = {error["path"] for error in told["errors"]}
        assert {"/input/Amount", "/input/TransactionType"} <= paths


class TestTheForm:
    @pytest.mark.parametrize(
        "sent",
        [
            b"no JSON at all <b>",
            b"",
            b"7",
            b'{"Amount": NaN}',
            b'{"Amount": ' + b"9" * 5_000 + b"}",
            b'{"Amount": 1e400}',
            b'{"Amount": 1, "Amount": 2}',
            rb'{"TransactionType": "\ud800"}',
            rb'{"TransactionType": "\u0000"}',
            b"[" * 100_000,
            b'{"Nobody": "expects this"}',
        ],
    )
    def test_json_that_cannot_be_taken_comes_back_as_it_was_typed(self, client: Client, sent: bytes) -> None:
        DeploymentFactory.create()
        client.force_login(UserFactory.create())
        typed = {"mode": "json", "input": sent.decode(), "reference": "my order", "key": "k"}
        began = time.process_time()
        answer = client.post(FORM, typed)
        assert time.process_time() - began < 5
        assert answer.status_code == 422
        assert answer.context["draft"].text == typed["input"]
        assert "my order" in text(answer)
        assert answer.context["draft"].problems
        assert_nothing_stored()

    @pytest.mark.parametrize(
        ("name", "typed"),
        [
            ("/Amount", "a lot"),
            ("/Amount", "NaN"),
            ("/Amount", "9" * 5_000),
            ("/Amount", "1e400"),
            ("/Amount", "-1"),
            ("/TransactionType", "a\0b"),
            ("reference", "x" * 201),
            ("reference", "a\0b"),
        ],
    )
    def test_a_field_that_cannot_be_taken_keeps_what_was_typed(self, client: Client, name: str, typed: str) -> None:
        DeploymentFactory.create()
        client.force_login(UserFactory.create())
        filled = {"mode": "form", "key": "k", "/TransactionType": "REFUND", "/CustomerId": "c77", "/Amount": "50.25"}
        answer = client.post(FORM, {**filled, name: typed})
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "c77" in shown
        draft = answer.context["draft"]
        assert (draft.reference if name == "reference" else draft.typed[name]) == typed
        assert draft.problems
        assert_nothing_stored()

    def test_a_file_of_many_megabytes_is_refused(self, client: Client) -> None:
        DeploymentFactory.create()
        client.force_login(UserFactory.create())
        answer = client.post(FORM, {"mode": "json", "input": "x" * 5_000_000})
        assert 400 <= answer.status_code < 500
        assert_nothing_stored()
