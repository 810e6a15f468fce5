"""What has made no progress for two leases is said to be stuck, also while there is no worker to mark it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import TransactionFactory, UserFactory
from transactions import standstill, summaries
from transactions.jobs import sweeps
from transactions.models import Execution, Transaction

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=10)


def test_without_a_worker_what_stands_still_is_counted_listed_and_then_marked_with_its_time(client: Client) -> None:
    due = timezone.now() - LONG_AGO
    left = TransactionFactory.create(reference="left", next_attempt_at=due)
    here = {"environment": left.environment, "deployment": left.deployment}
    unread = TransactionFactory.create(reference="unread", status="running", **here)
    Execution.objects.filter(transaction=unread).update(next_sync_at=due)
    stopped = TransactionFactory.create(reference="stopped", status="running", stop_requested_at=due, **here)
    TransactionFactory.create(reference="in-time", next_attempt_at=timezone.now(), **here)
    TransactionFactory.create(reference="ended", status="succeeded", stop_requested_at=due, **here)

    assert summaries.attention(left.environment).stuck == 3
    client.force_login(UserFactory.create(role="viewer"))
    shown = text(client.get("/transactions/?attention=stuck"))
    assert (
        all(one in shown for one in ("left", "unread", "stopped")) and "in-time" not in shown and "ended" not in shown
    )

    assert shown.count(">stuck<") == 3
    assert "no worker looks at it" in text(client.get(f"/transactions/{unread.pk}"))
    assert "No worker has taken it yet" in text(client.get(f"/transactions/{left.pk}"))

    assert (sweeps.mark_stuck(), sweeps.mark_stuck()) == (3, 0)
    for one in (left, unread, stopped):
        assert Transaction.objects.get(pk=one.pk).stuck_since == due
    assert not Transaction.objects.filter(standstill.unmarked()).exists()
    assert summaries.attention(left.environment).stuck == 3
