"""The accept rate of `POST /transactions` beside a bare Django view (PERF-2). `make bench-api`.

Both on the same server (granian, as `make run` starts it) and the same PostgreSQL, asked in turn by the same clients
with new bodies and keys. No workers run: only accepting is measured.
"""

import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from controlplane.embedded.ports import free_port
from tests.databases import run_postgres

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
PAIRS = 7
GOAL = "accept rate >= 0.50 of the bare view, aim 0.70; p99 <= 3x"


@dataclass(frozen=True, slots=True)
class Round:
    """What one turn gave: requests a second, and the 99th percentile of their seconds."""

    rate: float
    p99: float


def main() -> None:
    """Print the rates, the ratio of each pair's rates and of their p99."""
    with run_postgres("shared_buffers=256MB", "synchronous_commit=on") as address:
        token = _prepared(address)
        with (
            _served("controlplane.wsgi:application", address) as ours,
            _served("bench.bare:application", address) as bare,
        ):
            pairs = [(_round(ours, token), _round(bare, token)) for _ in range(PAIRS + 1)][1:]  # the first warms up
    rates = [one.rate / other.rate for one, other in pairs]
    tails = [one.p99 / other.p99 for one, other in pairs]
    print(f"goal: {GOAL}")
    _tell("POST /transactions", [one for one, _ in pairs])
    _tell("bare view", [other for _, other in pairs])
    print(f"rate: ratio {statistics.median(rates):.2f} ({min(rates):.2f}..{max(rates):.2f})")
    print(f"p99: ratio {statistics.median(tails):.2f} ({min(tails):.2f}..{max(tails):.2f})")


def _tell(name: str, rounds: list[Round]) -> None:
    rate = statistics.median(one.rate for one in rounds)
    p99 = statistics.median(one.p99 for one in rounds) * 1000
    print(f"{name}: {rate:.0f} requests/s, p99 {p99:.0f} ms")


def _prepared(address: str) -> str:
    """The tables, something deployed, and a token."""
    os.environ |= {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "controlplane.settings", "REDIS_URL": ""}
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.factories import DeploymentFactory, UserFactory
    from workflows.services import access

    call_command("migrate", verbosity=0)
    DeploymentFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, workflow text, input text)")
    user = UserFactory.create()
    return access.issue_token(user, "bench", by=user)[1]


@contextmanager
def _served(application: str, address: str) -> Iterator[int]:
    """The port of a server started as `make run` starts it."""
    port = free_port()
    size = ("--workers", "1", "--blocking-threads", "4")
    manner = ("--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "warning")
    command = [sys.executable, "-m", "granian", *manner, *size, "--host", "127.0.0.1", "--port", str(port), application]
    # A token's rate is bounded; here it is what is measured.
    environ = {**os.environ, "DATABASE_URL": address, "SIGNALBOX_API_RATE": "0", "SIGNALBOX_LOG_LEVEL": "ERROR"}
    server = subprocess.Popen(command, cwd=ROOT, env=environ)
    try:
        _await(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _await(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("The server did not start.")


def _round(port: int, token: str) -> Round:
    until = time.monotonic() + SECONDS
    taken: list[list[float]] = [[] for _ in range(CLIENTS)]
    threads = [threading.Thread(target=_ask, args=(port, token, until, mine.append)) for mine in taken]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = sorted(seconds for mine in taken for seconds in mine)
    return Round(len(every) / (time.monotonic() - begun), every[int(len(every) * 0.99)])


def _ask(port: int, token: str, until: float, note: Callable[[float], None]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    while time.monotonic() < until:
        content = {
            "TransactionType": "PURCHASE",
            "CustomerId": secrets.token_hex(8),
            "Amount": 50.25,
            "Note": "x" * 100,
        }
        body = json.dumps({"workflow": "transaction-processor", "input": content})
        begun = time.perf_counter()
        connection.request("POST", "/api/v1/transactions", body, {**headers, "Idempotency-Key": secrets.token_hex(16)})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{answer.status}: {said[:300]!r}")
        note(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
