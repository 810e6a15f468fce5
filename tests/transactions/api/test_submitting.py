"""A submission over REST: accepted in few statements, and answered with what a later read tells as well."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controlplane.api import api
from tests.factories import DeploymentFactory, WorkflowRevisionFactory
from tests.workflows.api.conftest import Asker, asker
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

KEYS = {"kind": "$.TransactionType", "amount": "$.Amount"}
BODY = {
    "workflow": "transaction-processor",
    "reference": "order-1",
    "input": {"TransactionType": "PURCHASE", "CustomerId": "c", "Amount": 12.50},
}
# Token with its owner's permissions; what is live; then all rows, with the key's lock, as one on PostgreSQL. SQLite
# wants each of the six by itself: the answer, transaction, execution, business keys, fact, activity. A test's own
# transaction adds a savepoint and its release.
MOST_STATEMENTS = {"postgresql": 5, "sqlite": 10}


@pytest.fixture
def by() -> Asker:
    DeploymentFactory.create(workflow_revision=WorkflowRevisionFactory.create(keys=KEYS))
    return asker("operator")


def test_accepting_takes_few_statements(by: Asker) -> None:
    by.ask("POST", "transactions", BODY, **{"Idempotency-Key": "first"})
    with CaptureQueriesContext(connection) as asked:
        answer = by.ask("POST", "transactions", BODY, **{"Idempotency-Key": "second"})
    assert answer.status_code == 201
    assert len(asked) <= MOST_STATEMENTS[connection.vendor], "\n".join(one["sql"] for one in asked)


def test_the_answer_is_what_a_read_tells(by: Asker) -> None:
    answered = json.loads(by.ask("POST", "transactions", BODY, **{"Idempotency-Key": "k"}).content)
    assert answered == by.get(f"transactions/{answered['id']}")
    assert (answered["keys"], answered["status"]) == ({"kind": "PURCHASE", "amount": 12.5}, "accepted")


def test_without_a_key_nothing_is_accepted(by: Asker) -> None:
    answer = by.ask("POST", "transactions", BODY)
    assert answer.status_code == 400
    assert json.loads(answer.content)["errors"][0]["path"] == "Idempotency-Key"
    assert not Transaction.objects.exists()


def test_the_description_says_which_operations_want_a_key() -> None:
    def wants(path: str) -> bool:
        named = api.get_openapi_schema()["paths"][f"/api/v1/{path}"]["post"]["parameters"]
        return next(bool(one.get("required")) for one in named if one["name"] == "Idempotency-Key")

    assert wants("transactions")
    assert wants("transactions/{pk}/rerun")
    assert not wants("hooks")
