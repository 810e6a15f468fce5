"""Claims: a row is one worker's for a lease, and anyone's after it."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from tests.factories import DeploymentFactory, TransactionFactory
from transactions.models import Transaction
from workflows.claims import LeaseLost, claim, claim_due, extend, move, release

pytestmark = pytest.mark.django_db


def due() -> QuerySet[Transaction]:
    return Transaction.objects.filter(status="accepted").order_by("pk")


def test_a_claimed_row_is_nobody_elses() -> None:
    TransactionFactory.create_batch(3, status="accepted", deployment=DeploymentFactory.create())
    first, second = claim_due(due(), 2), claim_due(due(), 2)
    assert (len(first), len(second)) == (2, 1)
    assert not {row.pk for row in first} & {row.pk for row in second}


def test_claiming_can_move_the_row_in_the_same_statement() -> None:
    TransactionFactory.create(status="accepted")
    (row,) = claim_due(due(), 1, status="starting")
    assert (row.status, row.claimed_until is not None) == ("starting", True)


def test_a_lease_that_ran_out_may_be_taken() -> None:
    row = TransactionFactory.create(status="accepted")
    (mine,) = claim_due(due(), 1)
    Transaction.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    theirs = claim(due(), row.pk)
    assert theirs is not None
    assert release(mine, reference="late") is False
    assert release(theirs, reference="in time") is True
    row.refresh_from_db()
    assert (row.reference, row.claim) == ("in time", None)


def test_holding_on_fails_once_another_has_it() -> None:
    TransactionFactory.create(status="accepted")
    (mine,) = claim_due(due(), 1)
    extend(mine)
    Transaction.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    claim_due(due(), 1)
    with pytest.raises(LeaseLost):
        extend(mine)


def test_a_move_happens_only_from_the_statuses_named() -> None:
    row = TransactionFactory.create(status="succeeded")
    assert move(Transaction.objects, [row.pk], "failed", ["running"]) == 0
    row.refresh_from_db()
    assert row.status == "succeeded"
