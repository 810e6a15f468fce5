"""A transaction's whole way told to a receiver that verifies it: `manage.py receive_hooks`, as a developer would."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.factories import UserFactory
from tests.flows.conftest import Road
from transactions.jobs import deliveries, fanout
from transactions.models import Delivery, Hook
from transactions.services import hooks
from transactions.services.hooks import Wish
from transactions.targets import Place

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[2]
EVENTS = ["transaction.accepted", "transaction.started", "transaction.branch_taken", "transaction.succeeded"]
LINE = re.compile(r"(msg_\w+) (verified|not verified, because .*?|no secret given) (\{.*\})")


class Console:
    """The receiver's process, line by line."""

    def __init__(self, *options: str) -> None:
        command = (sys.executable, "manage.py", "receive_hooks", "--port", "0", *options)
        environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self._line())
        assert found
        self.port = int(found[1])

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def next(self) -> tuple[str, str, dict[str, object]]:
        """Id, what was said of it, and the message."""
        found = LINE.fullmatch(self._line().strip())
        assert found
        return found[1], found[2], json.loads(found[3])


@pytest.fixture
def hook_and_console(road: Road, settings: LazySettings) -> Iterator[tuple[Hook, Console]]:
    settings.HOOK_PLACES = [Place("127.0.0.1", 1, 65_535)]
    developer = UserFactory.create(role="developer")
    made = hooks.subscribe(Wish("http://127.0.0.1:9/", EVENTS, branch=""), by=developer)
    console = Console("--secret", made.secret)
    Delivery.objects.all().delete()
    hooks.change(made.hook, Wish(f"http://127.0.0.1:{console.port}/", EVENTS), by=developer)
    yield made.hook, console
    console.process.terminate()
    console.process.wait()


def test_a_receiver_verifies_every_step_of_a_transaction(road: Road, hook_and_console: tuple[Hook, Console]) -> None:
    hook, console = hook_and_console
    deliveries.drain()
    _, said, message = console.next()
    assert (said, message["type"]) == ("verified", "ping")
    hook.refresh_from_db()
    assert hook.status == "live"

    row = road.run('{"TransactionType": "REFUND", "CustomerId": "c-1", "Amount": 40}')
    assert row.status == "succeeded"
    fanout.drain()
    deliveries.drain()
    told = [console.next() for _ in EVENTS]
    assert {said for _, said, _ in told} == {"verified"}
    assert [message["type"] for _, _, message in told] == EVENTS
    branch = [{"state": "ProcessTransaction", "next": "ProcessRefund", "rule": 1}]
    data = [message["data"] for _, _, message in told]
    assert [one["choices"] for one in data if isinstance(one, dict)] == [[], [], branch, branch]
    assert not Delivery.objects.exclude(status="delivered").exists()
