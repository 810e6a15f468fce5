"""A history that cannot be kept for a fault of ours: the transaction ends all the same, and says what is missing."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws_stub import AwsStub
from tests.faults.conftest import status, until
from transactions.jobs import starts, syncs
from transactions.models import Execution, Transaction

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]


def test_a_transaction_whose_history_cannot_be_kept_ends_with_it(
    aws_stub: AwsStub, submit: Callable[[], Transaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise TypeError("Object of type Decimal is not JSON serializable")

    monkeypatch.setattr(syncs, "_replace_choices", fail)
    row = submit()
    starts.drain()

    def read() -> bool:
        Execution.objects.filter(next_sync_at__isnull=False).update(next_sync_at=row.created_at)
        syncs.drain()
        time.sleep(0.05)
        return status(row) == "succeeded"

    until(read)
    execution = Execution.objects.get(pk=row.pk)
    assert (execution.status, execution.next_sync_at) == ("SUCCEEDED", None)
    assert execution.problem == syncs.NOT_UNDERSTOOD
    row.refresh_from_db()
    assert row.finished_at
    assert row.output
