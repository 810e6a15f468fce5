"""Two web processes and three workers, any of them killed at any moment: three ledgers agree, nothing is run twice."""

import random
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from controlplane.embedded.ports import free_port
from tests.aws_stub import AwsStub
from tests.databases import wants_postgres
from tests.faults.clients import Submitter
from tests.faults.conftest import Workers, started, until
from transactions.models import Transaction
from transactions.statuses import FINAL
from workflows.models import User
from workflows.services import access

pytestmark = [
    pytest.mark.flow,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not wants_postgres(), reason="several machines share a PostgreSQL; SQLite is one machine's"),
]

TRANSACTIONS = 1_000
KILLS = 50
CLIENTS = 4
ALL_OVER_S = 900


class Fleet:
    """Two web processes and three workers; whichever is killed is started again."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.ports = (free_port(), free_port())
        self._starts: list[Callable[[], subprocess.Popen[bytes]]] = [
            *(lambda port=port: workers.start_web(port) for port in self.ports),
            *[workers.start] * 3,
        ]
        self._running = [start() for start in self._starts]
        self.kills = 0

    def kill_one(self) -> None:
        """SIGKILL to a random one, whatever it does, and another in its place."""
        victim = random.randrange(len(self._running))
        self._workers.kill(self._running[victim])
        self._running[victim] = self._starts[victim]()
        self.kills += 1


@pytest.fixture
def fleet(workers: Workers) -> Fleet:
    return Fleet(workers)


@pytest.mark.timeout(1_800)
def test_a_thousand_transactions_and_fifty_kills_lose_nothing_and_run_nothing_twice(
    fleet: Fleet, aws_stub: AwsStub, operator: User, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Submitter(fleet.ports, access.issue_token(operator, "scale", by=operator)[1])
    keys = [uuid.uuid4().hex for _ in range(TRANSACTIONS)]
    over = threading.Event()

    def kill() -> None:
        while fleet.kills < KILLS and not over.wait(random.uniform(1, 4)):
            fleet.kill_one()

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        killer = pool.submit(kill)
        try:
            list(pool.map(client.submit, keys))
            killer.result()
        finally:
            over.set()
    until(lambda: not Transaction.objects.exclude(status__in=FINAL).exists(), ALL_OVER_S)

    acknowledged = set(client.acknowledged.values())
    rows = {str(pk) for pk in Transaction.objects.values_list("pk", flat=True)}
    final = Transaction.objects.filter(status__in=FINAL).count()
    stuck = Transaction.objects.exclude(status__in=FINAL).filter(stuck_since__isnull=False).count()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{fleet.kills} kills: accepted {len(rows)} == final {final} + visibly stuck {stuck}; "
            f"acknowledged {len(acknowledged)}, executions in AWS {len(started(aws_stub))}\n"
        )
    assert fleet.kills == KILLS
    assert len(acknowledged) == len(client.acknowledged) == TRANSACTIONS
    assert rows == acknowledged
    assert sorted(started(aws_stub)) == sorted(acknowledged)
    assert len(rows) == final + stuck
    assert set(Transaction.objects.values_list("status", flat=True)) == {"succeeded"}
