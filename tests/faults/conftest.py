"""Real Celery workers as processes, on the test's database and a real Valkey server, and the AWS stub."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connections

from tests.aws_stub import AwsStub
from tests.databases import address_of
from tests.factories import DeploymentFactory, UserFactory
from transactions.models import Transaction
from transactions.services import submissions
from transactions.services.submissions import Submission
from workflows import doorbell
from workflows.models import User

ROOT = Path(__file__).parents[2]
LEASE_S = 2
INPUT = '{"TransactionType":"PURCHASE","CustomerId":"C-1","Amount":1}'


class Workers:
    """Starts workers as `make run` does, and kills them as an operating system does."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, queue: str = "fast") -> "subprocess.Popen[bytes]":
        """One more worker."""
        name = f"{secrets.token_hex(4)}@%h"
        return self.begin("-m", "celery", "--quiet", "--app", "controlplane", "worker", "--pool", "threads",
                          "--without-gossip", "--without-mingle", "--without-heartbeat", "--queues", queue,
                          "--concurrency", "2", "--hostname", name)  # fmt: skip

    def start_web(self, port: int) -> "subprocess.Popen[bytes]":
        """A web process beside them, on the same database and broker."""
        return self.begin("-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--port", str(port),
                          "--workers", "1", "--blocking-threads", "4", "--workers-kill-timeout", "20",
                          "--log-level", "error", "controlplane.wsgi:application")  # fmt: skip

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Any Python process of the installation, leading a group of its own."""
        command = (sys.executable, *arguments)
        process = subprocess.Popen(command, cwd=ROOT, env=self.environ, start_new_session=True)
        self._running.append(process)
        return process

    def kill(self, *processes: "subprocess.Popen[bytes]") -> None:
        """SIGKILL to these, or to all of them."""
        for process in processes or tuple(self._running):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._running.remove(process)


@pytest.fixture
def broker(valkey: str, settings: LazySettings) -> str:
    settings.REDIS_URL = valkey
    doorbell.broker.quiet_until = 0.0
    return valkey


@pytest.fixture
def workers(transactional_db: None, aws_stub: AwsStub, broker: str) -> Iterator[Workers]:
    """Workers on this test's database, which is a file, and the stub for AWS."""
    started = Workers(
        {
            **os.environ,
            "DATABASE_URL": address_of(connections["default"].settings_dict),
            "REDIS_URL": broker,
            "SIGNALBOX_AWS_ENDPOINT_URL": aws_stub.endpoint_url,
            "SIGNALBOX_LEASE_SECONDS": str(LEASE_S),
            "CELERY_SKIP_CHECKS": "true",
            "PYTHONWARNINGS": "ignore",
        }
    )
    yield started
    started.kill()


@pytest.fixture
def operator(transactional_db: None, aws_stub: AwsStub) -> User:
    deployment = DeploymentFactory.create()
    aws_stub.machines.add(deployment.resource_arn.rpartition(":")[2], deployment.definition)
    return UserFactory.create()


@pytest.fixture
def submit(operator: User, settings: LazySettings) -> Callable[[], Transaction]:
    settings.LEASE_SECONDS = LEASE_S
    return lambda: submissions.submit(Submission("transaction-processor", INPUT), by=operator).transaction


def until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def status(row: Transaction) -> str:
    return Transaction.objects.values_list("status", flat=True).get(pk=row.pk)


def mute_port() -> tuple[socket.socket, int]:
    """A server that takes connections and never says a word."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    return listening, listening.getsockname()[1]


def started(stub: AwsStub) -> list[str]:
    """The names of all executions that were begun."""
    return [execution.name for execution in stub.executions.all()]
