"""Many at once, each on a connection of its own, as web processes and workers are: nothing is taken or made twice."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection, transaction
from django.test import Client

from tests.factories import DeploymentFactory, TransactionFactory, UserFactory
from transactions.models import Transaction
from workflows.claims import claim_due
from workflows.services import access

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
INPUT = {"TransactionType": "PURCHASE", "CustomerId": "C-1", "Amount": 1}


def at_once(works: list[Callable[[], T]]) -> list[T]:
    """Run each in a thread with a connection of its own."""

    def run(work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_fifty_requests_with_one_key_make_one_transaction_and_get_one_answer() -> None:
    DeploymentFactory.create()
    _, secret = access.issue_token(UserFactory.create(role="operator"), "ci", by=None)
    body = json.dumps({"workflow": "transaction-processor", "input": INPUT})
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"}

    def ask() -> tuple[int, str]:
        answer = Client().post("/api/v1/transactions", body, "application/json", headers=headers)
        return answer.status_code, answer.json().get("id", "")

    answers = at_once([ask] * 50)

    assert Transaction.objects.count() == 1
    made = str(Transaction.objects.get().pk)
    # 409 is for one that came while the first was still at work: it is told to ask again, and then hears the same.
    assert {status for status, _ in answers} <= {201, 409}
    assert {one for status, one in answers if status == 201} == {made}
    assert ask() == (201, made)


def test_eight_claimers_share_the_rows_and_none_gets_one_that_another_has() -> None:
    rows = TransactionFactory.create_batch(120, status="accepted", deployment=DeploymentFactory.create())
    due = Transaction.objects.filter(status="accepted").order_by("pk")

    def claim_all() -> list[object]:
        mine: list[object] = []
        while claimed := claim_due(due, 7):
            mine.extend(row.pk for row in claimed)
        return mine

    taken = [pk for mine in at_once([claim_all] * 8) for pk in mine]
    assert sorted(map(str, taken)) == sorted(str(row.pk) for row in rows)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time, so nothing is locked")
def test_a_row_that_is_locked_is_passed_over_and_not_waited_for() -> None:
    first, second = TransactionFactory.create_batch(2, status="accepted", deployment=DeploymentFactory.create())
    due = Transaction.objects.filter(status="accepted")
    with transaction.atomic():
        locked = due.select_for_update().get(pk=first.pk)
        (claimed,) = at_once([lambda: claim_due(due, 10)])
    assert [row.pk for row in claimed] == [second.pk]
    assert locked.pk == first.pk
