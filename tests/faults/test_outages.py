"""AWS or the broker does not answer: what was accepted waits, says so, and goes on by itself."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from controlplane.celery import app
from tests.aws_stub import AwsStub
from tests.faults.conftest import INPUT, Workers, mute_port, started, status, until
from transactions.models import Execution, Transaction
from workflows import doorbell
from workflows.models import User
from workflows.services import access

pytestmark = [pytest.mark.flow, pytest.mark.long, pytest.mark.django_db(transaction=True)]

Submit = Callable[[], Transaction]


def waits(row: Transaction) -> bool:
    return Transaction.objects.filter(pk=row.pk, status="accepted", waiting_since__isnull=False).exists()


def test_while_aws_cannot_be_reached_it_stays_accepted_and_says_since_when(
    workers: Workers, aws_stub: AwsStub, submit: Submit, operator: User, client: Client
) -> None:
    aws_stub.close()
    row = submit()
    workers.start()
    until(lambda: waits(row))
    client.force_login(operator)
    assert "AWS could not be reached" in client.get(f"/transactions/{row.pk}").content.decode()

    aws_stub.open()
    until(lambda: status(row) == "succeeded", 45)
    assert started(aws_stub) == [str(row.pk)]


def test_throttled_starts_are_sent_again(workers: Workers, aws_stub: AwsStub, submit: Submit) -> None:
    aws_stub.orders.refuse("StartExecution", "ThrottlingException", times=5)
    row = submit()
    workers.start()
    until(lambda: status(row) == "succeeded", 45)
    assert started(aws_stub) == [str(row.pk)]


def test_an_answer_lost_after_the_start_does_not_start_it_again(
    workers: Workers, aws_stub: AwsStub, submit: Submit
) -> None:
    aws_stub.orders.drop_answer("StartExecution", times=5)  # as often as one call is sent again
    row = submit()
    workers.start()
    until(lambda: status(row) == "succeeded", 45)
    assert started(aws_stub) == [str(row.pk)]


def test_a_server_error_is_not_taken_for_a_refusal(workers: Workers, aws_stub: AwsStub, submit: Submit) -> None:
    aws_stub.orders.refuse("StartExecution", "InternalError", status=500, times=5)
    row = submit()
    workers.start()
    until(lambda: status(row) == "succeeded", 45)
    assert started(aws_stub) == [str(row.pk)]


def test_a_refusal_for_good_fails_it_with_awss_own_words(workers: Workers, aws_stub: AwsStub, submit: Submit) -> None:
    aws_stub.orders.refuse("StartExecution", "AccessDeniedException", times=1)
    row = submit()
    workers.start()
    until(lambda: status(row) == "failed")
    row.refresh_from_db()
    assert (row.error, row.cause) == ("AccessDeniedException", "Told to.")


def test_a_state_machine_that_is_put_there_again_starts_what_waits_for_it(
    workers: Workers, aws_stub: AwsStub, submit: Submit
) -> None:
    aws_stub.orders.refuse("StartExecution", "StateMachineDoesNotExist", times=2)
    row = submit()
    workers.start()
    until(lambda: status(row) == "succeeded", 45)
    assert started(aws_stub) == [str(row.pk)]


def test_a_state_machine_that_stays_away_fails_what_would_run_in_it(
    workers: Workers, aws_stub: AwsStub, submit: Submit
) -> None:
    aws_stub.orders.refuse("StartExecution", "StateMachineDoesNotExist")
    row = submit()
    Transaction.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(hours=1))
    workers.start()
    until(lambda: status(row) == "failed")
    row.refresh_from_db()
    assert row.error == "StateMachineDoesNotExist"


@pytest.mark.parametrize("broker_is", ["gone", "mute"])
def test_without_a_broker_it_is_accepted_at_once_and_started_by_the_rounds(
    workers: Workers, aws_stub: AwsStub, operator: User, client: Client, settings: LazySettings, broker_is: str
) -> None:
    listening, port = mute_port()
    if broker_is == "gone":
        listening.close()
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    old = app.conf.broker_url
    app.conf.update(broker_url=settings.REDIS_URL)
    doorbell.broker.quiet_until = 0.0
    workers.start()
    token = access.issue_token(operator, "test", by=operator)[1]
    try:
        begun = time.monotonic()
        answer = client.post(
            "/api/v1/transactions",
            json.dumps({"workflow": "transaction-processor", "input": json.loads(INPUT)}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex},
        )
        took = time.monotonic() - begun
    finally:
        app.conf.update(broker_url=old)
        listening.close()
    assert answer.status_code == 201
    assert took < 10  # a broker that is waited for is waited for much longer
    until(lambda: Transaction.objects.filter(status="succeeded").count() == 1)


def test_without_beat_what_nobody_rings_for_is_done_though_others_ring_all_the_time(
    workers: Workers, submit: Submit, broker: str
) -> None:
    address = broker.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)

    start: Any = app.tasks["transactions.tasks.start"]

    def ring() -> bool:
        time.sleep(0.2)
        with app.connection_for_write(address) as connection:
            start.apply_async(expires=60, connection=connection)
        return time.monotonic() > heard_by

    workers.start()
    heard_by = time.monotonic() + 8
    until(ring)
    row = submit()
    Transaction.objects.filter(pk=row.pk).update(status="running", next_attempt_at=None)
    Execution.objects.filter(transaction=row).update(next_sync_at=timezone.now() - timedelta(minutes=1))
    until(lambda: ring() and Transaction.objects.filter(pk=row.pk, stuck_since__isnull=False).exists(), 15)
