"""Earlier transactions with the business keys of an input being written."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import BusinessKeyFactory, DeploymentFactory, EnvironmentFactory, TransactionFactory, UserFactory
from transactions import duplicates
from transactions.models import Transaction
from workflows.models import Deployment

pytestmark = pytest.mark.django_db
KEYS = {"customer": "$.CustomerId", "amount": "$.Amount"}
INPUT = '{"TransactionType": "PURCHASE", "CustomerId": "C-1", "Amount": 12.50}'


@pytest.fixture
def deployment() -> Deployment:
    return DeploymentFactory.create(workflow_revision__keys=KEYS)


def earlier(deployment: Deployment, customer: str = "C-1", amount: str = "12.5", **given: Any) -> Transaction:
    row = TransactionFactory.create(deployment=deployment, **given)
    BusinessKeyFactory.create(transaction=row, name="customer", text=customer, number=None)
    BusinessKeyFactory.create(transaction=row, name="amount", text=amount, number=Decimal(amount))
    return row


def test_those_with_all_the_same_keys_are_found_newest_first(deployment: Deployment) -> None:
    rows = [earlier(deployment, created_at=timezone.now() - timedelta(hours=hours)) for hours in (3, 2)]
    earlier(deployment, customer="C-2")
    earlier(deployment, amount="12.51")
    found = duplicates.find(deployment, INPUT)
    assert found is not None
    assert (found.count, found.newest) == (2, rows[::-1])
    assert "key.customer=C-1&key.amount=12.50" in found.href


def test_those_of_yesterday_and_of_another_environment_are_not_told(deployment: Deployment) -> None:
    earlier(deployment, created_at=timezone.now() - timedelta(hours=25))
    elsewhere = earlier(deployment)
    Transaction.objects.filter(pk=elsewhere.pk).update(environment=EnvironmentFactory.create(slug="elsewhere"))
    assert duplicates.find(deployment, INPUT) is None


@pytest.mark.parametrize("written", ["", "{", "[]", '{"CustomerId": "C-1"}'])
def test_an_input_that_lacks_a_key_it_must_have_has_no_duplicates_yet(deployment: Deployment, written: str) -> None:
    earlier(deployment)
    assert duplicates.find(deployment, written) is None


def test_only_the_newest_are_named_and_the_queries_do_not_grow(
    deployment: Deployment, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        earlier(deployment)
    with django_assert_max_num_queries(3):
        found = duplicates.find(deployment, INPUT)
    assert found is not None
    assert (found.count, len(found.newest)) == (5, duplicates.SHOWN)


def test_the_form_is_told_of_them_and_of_the_json_it_sends(client: Client, deployment: Deployment) -> None:
    client.force_login(UserFactory.create())
    earlier(deployment, reference="order-7")
    sent = {"mode": "form", "/TransactionType": "PURCHASE", "/CustomerId": "C-1", "/Amount": "12.50"}
    shown = text(client.post("/transactions/predict?workflow=transaction-processor", sent))
    for words in ("1 transaction</a>", "customer C-1", "amount 12.50", "order-7", "The input as JSON"):
        assert words in shown


def test_the_one_that_is_run_again_is_nothing_to_warn_of_by_itself(client: Client, deployment: Deployment) -> None:
    client.force_login(UserFactory.create())
    row = earlier(deployment)
    sent = {"mode": "form", "/TransactionType": "PURCHASE", "/CustomerId": "C-1", "/Amount": "12.50"}
    address = f"/transactions/predict?workflow=transaction-processor&rerun_of={row.pk}"
    assert "in the last 24 h" not in text(client.post(address, sent))
    earlier(deployment)
    assert "2 transactions</a>" in text(client.post(address, sent))
