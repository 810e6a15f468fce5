"""The log lines of one transaction over REST: as last read, and asking has them read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import TransactionFactory
from tests.workflows.api.conftest import asker
from transactions.models import Execution, LogReading

pytestmark = pytest.mark.django_db
LINE = {
    "at": "2026-11-24T09:30:00+00:00",
    "function": "f",
    "text": "an ordinary line",
    "request_id": "",
    "is_exact": False,
}


def test_what_has_not_run_has_no_log() -> None:
    row = TransactionFactory.create()
    told = asker().get(f"transactions/{row.pk}/logs")
    assert told == {"read_at": None, "is_pending": False, "is_partial": False, "problem": None, "lines": []}
    assert not LogReading.objects.exists()


def test_asking_has_the_log_read_and_then_tells_it() -> None:
    row, by = TransactionFactory.create(status="succeeded", finished_at=timezone.now() - timedelta(hours=1)), asker()
    Execution.objects.filter(pk=row.pk).update(events_read=3)
    assert by.get(f"transactions/{row.pk}/logs")["is_pending"] is True
    assert LogReading.objects.get().next_read_at is not None
    LogReading.objects.update(next_read_at=None, read_at=timezone.now(), lines=[LINE], is_partial=True)
    told = by.get(f"transactions/{row.pk}/logs")
    assert (told["is_pending"], told["is_partial"]) == (False, True)
    assert told["lines"] == [LINE | {"request_id": None}]


def test_a_token_that_submits_reads_the_log_of_its_owners_alone() -> None:
    by = asker("operator", scopes=["submit"])
    own = TransactionFactory.create(created_by=by.user)
    other = TransactionFactory.create(deployment=own.deployment)
    assert by.ask("GET", f"transactions/{own.pk}/logs").status_code == 200
    assert by.ask("GET", f"transactions/{other.pk}/logs").status_code == 404
