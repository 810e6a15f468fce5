"""What stands under everything is shaken while transactions run: database, broker, clock, disk, and an orderly stop."""

import json
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import redis
import time_machine
from django.db import connection, connections
from django.db.models import F
from django.test import Client
from django.utils import timezone

from controlplane.embedded.ports import free_port
from tests.aws_stub import AwsStub
from tests.databases import address_of, wants_postgres
from tests.faults.clients import Submitter
from tests.faults.conftest import INPUT, Workers, mute_port, started, status, until
from transactions.jobs import starts, sweeps, syncs
from transactions.models import Transaction
from transactions.statuses import FINAL
from workflows.models import User
from workflows.services import access

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

Submit = Callable[[], Transaction]
STOPPED_S = 30
MANY = 60


@pytest.fixture
def token(operator: User) -> str:
    return access.issue_token(operator, "test", by=operator)[1]


def is_all_over() -> bool:
    connection.close_if_unusable_or_obsolete()
    return not Transaction.objects.exclude(status__in=FINAL).exists()


def were_run_once(stub: AwsStub, acknowledged: set[str]) -> None:
    """The client's ledger, ours and AWS's agree."""
    assert {str(pk) for pk in Transaction.objects.values_list("pk", flat=True)} == acknowledged
    assert sorted(started(stub)) == sorted(acknowledged)
    assert set(Transaction.objects.values_list("status", flat=True)) == {"succeeded"}


# ---- the database


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.skipif(not wants_postgres(), reason="SQLite is a file: there is no server to be restarted")
def test_a_database_that_goes_away_in_the_middle_loses_nothing_and_runs_nothing_twice(
    workers: Workers, aws_stub: AwsStub, token: str
) -> None:
    port = free_port()
    workers.start_web(port)
    workers.start()
    workers.start()
    client = Submitter((port,), token)
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(client.submit, uuid.uuid4().hex) for _ in range(MANY)]
        for _ in range(4):
            until(lambda: len(client.acknowledged) < MANY or not waiting)
            time.sleep(1)
            _cut_off(seconds=1.5)
        for one in waiting:
            one.result()
    until(is_all_over, 120)
    were_run_once(aws_stub, set(client.acknowledged.values()))


def _cut_off(seconds: float) -> None:
    """What a restart is to those connected: whatever they are in the middle of ends, and for a while nobody gets in."""
    database = connections["default"].settings_dict
    name, elsewhere = database["NAME"], address_of({**database, "NAME": "postgres"})
    connection.close()
    with psycopg.connect(elsewhere.replace("postgres://", "postgresql://", 1), autocommit=True) as control:
        control.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            control.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            time.sleep(seconds)
        finally:
            control.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def post(client: Client, token: str, key: str) -> tuple[int, dict[str, str], dict[str, object]]:
    answer = client.post(
        "/api/v1/transactions",
        json.dumps({"workflow": "transaction-processor", "input": json.loads(INPUT)}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
    )
    return answer.status_code, dict(answer.headers), answer.json()


@pytest.mark.skipif(wants_postgres(), reason="how much room there is can be said of a SQLite file alone")
def test_a_full_disk_is_said_in_words_and_the_same_request_succeeds_once_there_is_room(
    token: str, operator: User, client: Client
) -> None:
    client.raise_request_exception = False
    client.force_login(operator)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # leaves no room inside the file
        cursor.execute("PRAGMA max_page_count")
        (usual,) = cursor.fetchone()
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    kept = []
    try:
        for _ in range(500):
            key = uuid.uuid4().hex
            code, headers, said = post(client, token, key)
            if code != 201:
                break
            kept.append(said["id"])
        assert (code, said["title"], headers["Retry-After"]) == (503, "Service Unavailable", "5")
        assert "no room to write" in str(said["detail"])
        assert Transaction.objects.count() == len(kept)
        page = client.post("/theme", {"theme": "dark"})
        assert page.status_code < 400 or "Try again in a moment" in page.content.decode()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {usual}")
    code, _, said = post(client, token, key)
    assert code == 201
    assert {str(pk) for pk in Transaction.objects.values_list("pk", flat=True)} == {*kept, said["id"]}


# ---- the broker


@pytest.mark.long
def test_a_broker_that_begins_anew_all_the_time_holds_nothing_up_for_long(
    workers: Workers, aws_stub: AwsStub, submit: Submit, broker: str
) -> None:
    workers.start()
    emptied = redis.Redis.from_url(broker)
    rows = []
    for _ in range(10):
        rows.append(submit())
        # What a restart without a file is to those connected: all of it gone, and every connection closed.
        emptied.flushall()
        emptied.client_kill_filter(_type="normal", skipme=True)
        time.sleep(0.2)
    until(is_all_over, 60)
    were_run_once(aws_stub, {str(row.pk) for row in rows})


# ---- AWS and the clock


@pytest.mark.long
def test_ten_minutes_without_aws_are_waited_out(workers: Workers, aws_stub: AwsStub, submit: Submit) -> None:
    aws_stub.close()
    rows = [submit() for _ in range(5)]
    workers.start()
    until(lambda: Transaction.objects.filter(waiting_since__isnull=False).count() == len(rows))
    ten_minutes = timedelta(minutes=10)
    for field in ("created_at", "waiting_since", "next_attempt_at"):
        Transaction.objects.update(**{field: F(field) - ten_minutes})
    until(lambda: Transaction.objects.filter(stuck_since__isnull=False).count() == len(rows))
    assert set(Transaction.objects.values_list("status", flat=True)) == {"accepted"}

    aws_stub.open()
    until(is_all_over, 90)
    were_run_once(aws_stub, {str(row.pk) for row in rows})


@pytest.mark.parametrize("off", [timedelta(days=1), timedelta(days=-1)], ids=["fast", "slow"])
def test_a_worker_whose_clock_is_a_day_off_holds_nobody_up(submit: Submit, aws_stub: AwsStub, off: timedelta) -> None:
    left, taken = submit(), submit()
    with time_machine.travel(timezone.now() + off, tick=True):
        Transaction.objects.filter(pk=left.pk).update(next_attempt_at=timezone.now())
        held = starts._claim_batch(left.environment, starts.BATCH)  # and then it is gone
    assert str(left.pk) in {str(one.pk) for one in held}
    Transaction.objects.filter(pk=left.pk).update(next_attempt_at=timezone.now())
    assert left.pk not in {one.pk for one in starts._claim_batch(left.environment, starts.BATCH)}

    until(lambda: _follow(left) == _follow(taken) == "succeeded")
    assert sorted(started(aws_stub)) == sorted([str(left.pk), str(taken.pk)])


def _follow(row: Transaction) -> str:
    starts.drain()
    starts.settle()
    sweeps.find_ended()
    syncs.drain()
    time.sleep(0.05)
    return status(row)


# ---- an orderly stop


def stop(process: "subprocess.Popen[bytes]") -> float:
    """SIGTERM; gives the seconds until it was gone."""
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(STOPPED_S)
    return time.monotonic() - begun


@pytest.mark.long
@pytest.mark.timeout(120)
def test_a_worker_told_to_stop_while_the_broker_is_mute_is_gone_in_time(
    workers: Workers, aws_stub: AwsStub, submit: Submit
) -> None:
    listening, port = mute_port()
    with listening:
        workers.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        worker = workers.start()
        submit()
        until(is_all_over, 60)  # by its rounds: it is at work
        assert stop(worker) < STOPPED_S


@pytest.mark.long
@pytest.mark.timeout(300)
def test_stopped_under_load_no_client_sees_more_than_a_closed_door(
    workers: Workers, aws_stub: AwsStub, token: str
) -> None:
    ports = (free_port(), free_port())
    webs = [workers.start_web(port) for port in ports]
    client = Submitter(ports, token)
    until(lambda: all(client.is_open(port) for port in ports))
    first = workers.start()
    over = threading.Event()

    def submit_on() -> None:
        while not over.is_set():
            client.submit(uuid.uuid4().hex)

    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(submit_on) for _ in range(4)]
        try:
            until(lambda: len(client.acknowledged) > 20)
            assert stop(webs[0]) < STOPPED_S
            assert stop(first) < STOPPED_S
            workers.start()
            time.sleep(1)
        finally:
            over.set()
        for load in loads:
            load.result()
    assert client.cut_off == []
    until(is_all_over, 90)
    were_run_once(aws_stub, set(client.acknowledged.values()))
