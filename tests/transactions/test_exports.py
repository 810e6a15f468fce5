"""Exports: all that fits, as a stream, safe to open in a spreadsheet."""

import csv
import io
import json
from decimal import Decimal

import pytest
from django.test import Client

from tests.factories import BusinessKeyFactory, ChoiceResultFactory, DeploymentFactory, TransactionFactory, UserFactory
from transactions import exports
from transactions.models import Transaction
from workflows.models import Deployment

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create())
    return client


@pytest.fixture
def deployment() -> Deployment:
    return DeploymentFactory.create()


def body(client: Client, address: str) -> str:
    return b"".join(client.get(address)).decode()


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_a_line_for_each_and_a_column_for_each_business_key(page: Client, deployment: Deployment) -> None:
    row = TransactionFactory.create(deployment=deployment, reference="order-1")
    ChoiceResultFactory.create(execution=row.execution)
    BusinessKeyFactory.create(transaction=row, name="customer_id", text="C-1")
    (line,) = lines(body(page, "/transactions/export.csv"))
    assert (line["id"], line["reference"], line["branch"]) == (str(row.pk), "order-1", "ProcessPurchase")
    assert line["key.customer_id"] == "C-1"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_text_is_taken_for_a_formula(page: Client, deployment: Deployment, text: str) -> None:
    row = TransactionFactory.create(deployment=deployment, reference=text, error=text)
    BusinessKeyFactory.create(transaction=row, name="customer_id", text=text, number=None)
    (line,) = lines(body(page, "/transactions/export.csv"))
    assert (line["reference"], line["error"], line["key.customer_id"]) == (f"'{text}",) * 3


def test_a_number_below_zero_stays_a_number(page: Client, deployment: Deployment) -> None:
    row = TransactionFactory.create(deployment=deployment)
    BusinessKeyFactory.create(transaction=row, name="amount", text="-12.50", number="-12.50")
    (line,) = lines(body(page, "/transactions/export.csv"))
    assert line["key.amount"] == "-12.50"


def test_numbers_are_numbers_in_json_with_every_digit(page: Client, deployment: Deployment) -> None:
    row = TransactionFactory.create(deployment=deployment)
    row.keys.create(workflow=row.workflow, name="amount", text="50.10", number=Decimal("50.10"))
    row.keys.create(workflow=row.workflow, name="customer_id", text="7é")
    text = body(page, "/transactions/export.json")
    assert '"amount":50.10' in text
    assert json.loads(text)[0]["keys"] == {"amount": 50.1, "customer_id": "7é"}


def test_json_is_one_array(page: Client, deployment: Deployment) -> None:
    assert json.loads(body(page, "/transactions/export.json")) == []
    first, second = (TransactionFactory.create(deployment=deployment) for _ in range(2))
    told = json.loads(body(page, "/transactions/export.json"))
    assert [one["id"] for one in told] == [str(second.pk), str(first.pk)]


def test_filters_of_the_list_hold_for_the_export(page: Client, deployment: Deployment) -> None:
    TransactionFactory.create(deployment=deployment, status="failed")
    kept = TransactionFactory.create(deployment=deployment, status="succeeded")
    told = json.loads(body(page, "/transactions/export.json?status=succeeded"))
    assert [one["id"] for one in told] == [str(kept.pk)]
    assert page.get("/transactions/export.csv?status=nonsense").status_code == 400
    assert page.get("/transactions/export.csv?attention=nonsense").status_code == 400


def test_no_row_is_lost_or_repeated_between_chunks(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    rows = [TransactionFactory.create(deployment=deployment) for _ in range(5)]
    told = json.loads("".join(exports.to_json(Transaction.objects.order_by("-pk"))))
    assert [one["id"] for one in told] == [str(row.pk) for row in reversed(rows)]


def test_a_pill_tells_of_newer_ones_that_fit(page: Client, deployment: Deployment) -> None:
    first = TransactionFactory.create(deployment=deployment)
    address = f"/transactions/newer?newer-than={first.pk}&status=accepted"
    assert page.get(address).status_code == 204
    TransactionFactory.create(deployment=deployment)
    TransactionFactory.create(deployment=deployment, status="failed")
    answer = page.get(address)
    assert "1 new" in answer.content.decode()
    assert page.get(f"{address}&shown=1").status_code == 204
    assert page.get("/transactions/newer?newer-than=x").status_code == 404
