"""The form of a new transaction: made, filled, refused and sent."""

import json

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import (
    DeploymentFactory,
    UserFactory,
)
from tests.transactions.samples import filled
from transactions.models import Transaction
from workflows.models import Deployment, User

pytestmark = pytest.mark.django_db


def test_one_chooses_among_the_workflows_that_are_live(page: Client, deployment: Deployment) -> None:
    DeploymentFactory.create(workflow_revision__workflow__name="asleep", is_live=False)
    shown = text(page.get("/transactions/new"))
    assert "?workflow=transaction-processor" in shown
    assert "asleep" not in shown


def test_without_a_live_workflow_the_page_says_to_deploy_one(page: Client) -> None:
    assert "No workflow is deployed here" in text(page.get("/transactions/new"))


@pytest.mark.parametrize(("name", "says"), [("nope", "is not known"), ("asleep", "is not deployed to")])
def test_a_workflow_that_cannot_be_run_is_refused_by_its_name(
    page: Client, deployment: Deployment, name: str, says: str
) -> None:
    DeploymentFactory.create(workflow_revision__workflow__name="asleep", is_live=False)
    looked, sent = (ask(f"/transactions/new?workflow={name}") for ask in (page.get, page.post))
    assert (looked.status_code, sent.status_code) == (404, 422)
    assert f"workflow: “{name}” {says}" in text(sent)
    assert "?workflow=transaction-processor" in text(sent)
    assert not Transaction.objects.exists()


def test_a_form_that_names_no_workflow_is_refused(page: Client, deployment: Deployment) -> None:
    answer = page.post("/transactions/new", filled())
    assert answer.status_code == 422
    assert "workflow: this must be named" in text(answer)


def test_an_input_of_three_megabytes_is_refused_at_its_field(page: Client, deployment: Deployment) -> None:
    sent = filled(**{"/Note": "x" * 3_000_000})
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert answer.status_code == 422
    assert "262,144" in text(answer)


def test_a_form_too_large_to_be_read_is_refused_in_words(page: Client, deployment: Deployment) -> None:
    sent = filled(**{"/Note": "x" * 5_000_000})
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert answer.status_code == 413
    assert "too large" in text(answer)


def test_the_form_is_made_from_the_input_schema(page: Client, deployment: Deployment) -> None:
    shown = text(page.get("/transactions/new?workflow=transaction-processor"))
    for words in ("Transaction type", 'name="/Amount"', "PURCHASE", "REFUND", "optional"):
        assert words in shown


def test_submitting_leads_to_the_transaction(page: Client, operator: User, deployment: Deployment) -> None:
    sent = filled(**{"/Amount": "50.10", "reference": "order-1"})
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    row = Transaction.objects.get()
    assert answer.headers["Location"] == f"/transactions/{row.pk}"
    assert row.input == '{"TransactionType":"PURCHASE","CustomerId":"c1","Amount":50.10}'
    assert (row.reference, row.created_by, row.revision) == ("order-1", operator, deployment.workflow_revision)


def test_sending_the_same_form_twice_submits_once(page: Client, deployment: Deployment) -> None:
    sent = filled()
    first = page.post("/transactions/new?workflow=transaction-processor", sent)
    second = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert Transaction.objects.count() == 1


def test_sending_it_again_with_other_values_asks_once_more(page: Client, deployment: Deployment) -> None:
    sent = filled()
    page.post("/transactions/new?workflow=transaction-processor", sent)
    answer = page.post("/transactions/new?workflow=transaction-processor", sent | {"/Amount": "51"})
    assert answer.status_code == 422
    assert "sent before with other values" in text(answer)
    assert answer.context["draft"].key != sent["key"]


def test_errors_stand_at_the_field_and_what_was_typed_is_kept(page: Client, deployment: Deployment) -> None:
    sent = filled(**{"/Amount": "-3", "/Note": "keep me", "reference": "and me"})
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert answer.status_code == 422
    amount = next(control for control in answer.context["draft"].controls if control.name == "/Amount")
    assert amount.error
    assert amount.value == "-3"
    assert "keep me" in text(answer)
    assert "and me" in text(answer)
    assert not Transaction.objects.exists()


def test_a_missing_field_is_named_at_the_field(page: Client, deployment: Deployment) -> None:
    answer = page.post("/transactions/new?workflow=transaction-processor", filled(**{"/CustomerId": ""}))
    customer = next(control for control in answer.context["draft"].controls if control.name == "/CustomerId")
    assert customer.error


def test_raw_json_is_taken_too(page: Client, deployment: Deployment) -> None:
    sent = {"mode": "json", "input": '{"TransactionType": "REFUND", "CustomerId": "c", "Amount": 1e2}', "key": "k"}
    page.post("/transactions/new?workflow=transaction-processor", sent)
    assert json.loads(Transaction.objects.get().input)["Amount"] == 100


@pytest.mark.parametrize(
    "text_sent", ["", "{", "[]", "NaN", '{"a": 1, "a": 2}', "[" * 100_000, '"\\ud800"', "1" * 5000]
)
def test_bad_json_is_refused_with_a_reason(page: Client, deployment: Deployment, text_sent: str) -> None:
    sent = {"mode": "json", "input": text_sent, "key": "k"}
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert answer.status_code == 422
    assert answer.context["draft"].other_problems
    assert not Transaction.objects.exists()


def test_switching_to_json_keeps_what_was_typed(page: Client, deployment: Deployment) -> None:
    sent = filled(**{"/Amount": "7.50", "action": "as-json"})
    draft = page.post("/transactions/new?workflow=transaction-processor", sent).context["draft"]
    assert draft.mode == "json"
    assert '"Amount": 7.50' in draft.text
    assert not Transaction.objects.exists()


def test_who_may_not_submit_is_told_so(client: Client, deployment: Deployment) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    address = "/transactions/new?workflow=transaction-processor"
    assert "To submit it takes the role" in text(client.get(address))
    assert client.post(address, filled()).status_code == 403


def test_a_form_sent_before_comes_back_to_whom_it_belongs(page: Client, deployment: Deployment) -> None:
    sent = {"mode": "form", "key": "k1", "/TransactionType": "REFUND", "/CustomerId": "C-9", "/Amount": "5"}
    address = "/transactions/new?workflow=transaction-processor"
    page.post(address, sent | {"reference": "order-9"})
    back = text(page.get(f"{address}&sent=k1"))
    assert "This was sent already" in back
    assert 'value="C-9"' in back
    assert 'name="key" value="k1"' in back
    assert "This was sent already" not in text(page.get(f"{address}&sent=unknown"))
    page.force_login(UserFactory.create(role="operator"))
    assert "C-9" not in text(page.get(f"{address}&sent=k1"))
