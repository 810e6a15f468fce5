"""All of a filtered list as a file over REST: the filters of the list, what the token reaches, a piece at a time."""

import csv
import json
from typing import Any

import jsonschema_rs
import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from controlplane.api import api
from tests.factories import BusinessKeyFactory, DeploymentFactory, TransactionFactory
from tests.workflows.api.conftest import asker
from transactions.models import Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed() -> Transaction:
    row: Transaction = TransactionFactory.create(status="failed", reference="=1+1")
    BusinessKeyFactory.create(transaction=row, name="amount", text="50.25", number="50.25")
    TransactionFactory.create(deployment=row.deployment, status="succeeded")
    return row


def exported(query: str, **bound: Any) -> str:
    headers = {"Authorization": f"Bearer {asker(**bound).secret}"}
    answer = Client().get(f"/api/v1/transactions/export?{query}", headers=headers)
    assert isinstance(answer, StreamingHttpResponse)
    return b"".join(answer).decode()


def test_json_holds_all_that_fits_the_filters(failed: Transaction) -> None:
    (told,) = json.loads(exported("status=failed"))
    assert (told["id"], told["keys"]) == (str(failed.pk), {"amount": 50.25})
    described = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    line = described["components"]["schemas"]["TransactionExported"]
    jsonschema_rs.validate({**line, "components": described["components"]}, told)
    assert len(json.loads(exported(""))) == 2


def test_csv_has_a_column_for_each_key_and_no_formulas(failed: Transaction) -> None:
    (row,) = csv.DictReader(exported("as=csv&key.amount=50.25").splitlines())
    assert (row["id"], row["reference"]) == (str(failed.pk), "'=1+1")


def test_a_bound_token_exports_what_it_reaches(failed: Transaction) -> None:
    other = DeploymentFactory.create(environment__slug="other")
    elsewhere = TransactionFactory.create(deployment=other)
    assert [one["id"] for one in json.loads(exported("", environments=["other"]))] == [str(elsewhere.pk)]


def test_a_filter_that_there_is_none_of_is_refused() -> None:
    by = asker()
    for query in ("nope=1", "as=xml", "limit=5", "cursor=x"):
        assert by.ask("GET", f"transactions/export?{query}").status_code == 422, query
    for path in ("transactions", "transactions/export"):
        refused = by.ask("GET", f"{path}?attention=foo")
        assert refused.status_code == 422, path
        assert [error["path"] for error in json.loads(refused.content)["errors"]] == ["attention"]
