"""kill -9 of a worker at every moment of a transaction's life: exactly one execution, and a final status."""

from collections.abc import Callable

import pytest

from tests.aws_stub import AwsStub
from tests.faults.conftest import Workers, started, status, until
from transactions.jobs import starts
from transactions.models import ChoiceResult, Event, Transaction, Visit

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

Submit = Callable[[], Transaction]


@pytest.mark.parametrize(
    ("operation", "executed"),
    [
        pytest.param("StartExecution", False, id="while it asks AWS to start", marks=pytest.mark.long),
        pytest.param("StartExecution", True, id="after AWS started it, before that is written down"),
        pytest.param("GetExecutionHistory", False, id="while it reads the history", marks=pytest.mark.long),
        pytest.param(
            "GetExecutionHistory",
            True,
            id="after the history was read, before that is written down",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_killed_worker_loses_nothing_and_starts_nothing_twice(
    workers: Workers, aws_stub: AwsStub, submit: Submit, operation: str, executed: bool
) -> None:
    hold = aws_stub.orders.hold(operation, executed=executed)
    row = submit()
    workers.start()
    hold.await_call()
    workers.kill()
    hold.release()
    workers.start()

    until(lambda: status(row) == "succeeded")
    assert started(aws_stub) == [str(row.pk)]
    _was_written_once(row)


@pytest.mark.long
def test_a_worker_killed_before_it_calls_leaves_the_row_to_the_next(
    workers: Workers, aws_stub: AwsStub, submit: Submit
) -> None:
    row = submit()
    # Claimed by a worker that was killed between the claim and the call.
    claimed = starts._claim_batch(row.environment, starts.BATCH)
    assert [one.pk for one in claimed] == [row.pk]
    assert aws_stub.ledger.count("StartExecution") == 0
    workers.start()

    until(lambda: status(row) == "succeeded")
    assert started(aws_stub) == [str(row.pk)]
    _was_written_once(row)


@pytest.mark.long
def test_two_workers_start_many_transactions_once_each(workers: Workers, aws_stub: AwsStub, submit: Submit) -> None:
    rows = [submit() for _ in range(40)]
    workers.start()
    workers.start()
    until(lambda: Transaction.objects.filter(status="succeeded").count() == len(rows))
    assert sorted(started(aws_stub)) == sorted(str(row.pk) for row in rows)


def _was_written_once(row: Transaction) -> None:
    assert [visit.state for visit in Visit.objects.filter(execution=row.pk)] == [
        "ProcessTransaction",
        "ProcessPurchase",
    ]
    numbers = list(Event.objects.filter(execution=row.pk).values_list("number", flat=True))
    assert numbers == sorted(set(numbers))
    assert [(one.next, one.rule) for one in ChoiceResult.objects.filter(execution=row.pk)] == [("ProcessPurchase", 0)]
