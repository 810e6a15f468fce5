"""Deliveries to hooks (PERF-12): how many a second beside a raw HTTP client of the same concurrency, and how long the
others take while one receiver hangs. `make bench-hooks`.

The receiver is a process of its own that does next to nothing; rows are in a SQLite file that is gone at the end.
"""

import asyncio
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

DELIVERIES = 1_000
HEALTHY, EACH_S, LAST_S = 8, 0.02, 6.0
ROUNDS = 5
RATE_GOAL, HANG_GOAL = ">= 0.40, aim 0.70", "<= 1.3, aim 1.05"
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
BODY = '{"type":"transaction.succeeded","data":{"id":"%s","pad":"' + "x" * 400 + '"}}'


def main() -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder, _receiver() as port:
        _set_up(folder)
        _rate(port)
        _while_one_hangs(port)


def _rate(port: int) -> None:
    from transactions.jobs import deliveries

    pairs = [(_drained(port), _raw(port, deliveries.LANES)) for _ in range(ROUNDS)]
    ratios = [ours / raw for ours, raw in pairs]
    ours, raw = (statistics.median(one) for one in zip(*pairs, strict=True))
    print(f"goal: deliveries a second beside a raw client with {deliveries.LANES} threads {RATE_GOAL}")
    print(f"delivered {ours:,.0f}/s, raw {raw:,.0f}/s")
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})", flush=True)


def _drained(port: int) -> float:
    """A second: claimed, signed, sent, and each try written down. Making the rows takes no part in it."""
    from transactions.jobs import deliveries
    from transactions.models import Delivery

    _fill(port)
    begun = time.perf_counter()
    done = deliveries.drain()
    seconds = time.perf_counter() - begun
    assert done == DELIVERIES, done
    assert not Delivery.objects.exclude(status="delivered").exists()
    return DELIVERIES / seconds


def _raw(port: int, threads: int) -> float:
    """A second: the same bodies, sent and nothing else."""

    def send(bodies: list[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for body in bodies:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        connection.close()

    bodies = [(BODY % n).encode() for n in range(DELIVERIES)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, [bodies[n::threads] for n in range(threads)]))
    return DELIVERIES / (time.perf_counter() - begun)


def _while_one_hangs(port: int) -> None:
    pairs = []
    for _ in range(ROUNDS):
        alone = _p95(port, hangs=False)
        beside = _p95(port, hangs=True)
        pairs.append((beside, alone))
    ratios = [beside / alone for beside, alone in pairs]
    print(f"goal: the others' p95 while one receiver hangs {HANG_GOAL}")
    beside, alone = (statistics.median(one) * 1000 for one in zip(*pairs, strict=True))
    print(f"p95 {beside:.0f} ms, {alone:.0f} ms without it")
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})")


def _p95(port: int, *, hangs: bool) -> float:
    """Seconds from a delivery's row to its being taken, of a steady stream to healthy hooks."""
    from transactions.models import Attempt, Delivery, Hook

    Hook.objects.all().delete()
    hooks = [_hook(port) for _ in range(HEALTHY)]
    over = threading.Event()
    # Two of the threads of a worker: one may wait for whoever hangs when the doorbell is rung again.
    workers = [threading.Thread(target=_work, args=(over,)) for _ in range(2)]
    with _mute() as mute:
        if hangs:
            _make(_hook(mute), 100)
        for worker in workers:
            worker.start()
        end, n = time.monotonic() + LAST_S, 0
        while time.monotonic() < end:
            _make(hooks[n % HEALTHY], 1)
            n += 1
            time.sleep(EACH_S)
        healthy = Delivery.objects.filter(hook__in=hooks)
        while healthy.exclude(status="delivered").exists():
            time.sleep(0.02)
        over.set()
    for worker in workers:
        worker.join()
    tried = Attempt.objects.filter(delivery__hook__in=hooks).values_list("at", "duration_ms", "delivery__created_at")
    return _at_95([(at - made + timedelta(milliseconds=took)).total_seconds() for at, took, made in tried])


def _work(over: threading.Event) -> None:
    """What a worker's tasks do, rung more often than by the clock."""
    from django.db import connection

    from transactions.jobs import deliveries

    while not over.is_set():
        deliveries.drain()
        over.wait(0.02)
    connection.close()


def _at_95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


# ---- rows


def _set_up(folder: str) -> None:
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        "DJANGO_SETTINGS_MODULE": "controlplane.settings",
        "SIGNALBOX_VAR": folder,
        "SIGNALBOX_HOOK_PLACES": "127.0.0.1:1-65535",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _hook(port: int) -> Any:
    from django.utils import timezone

    from transactions import signing
    from transactions.models import Hook

    now = timezone.now()
    made = {"secret": signing.new_secret(), "status": "live", "created_at": now, "live_since": now}
    return Hook.objects.create(target_url=f"http://127.0.0.1:{port}/", events=["transaction.succeeded"], **made)


def _fill(port: int) -> None:
    from transactions.models import Delivery, Hook

    Delivery.objects.all().delete()
    _make(Hook.objects.first() or _hook(port), DELIVERIES)


def _make(hook: Any, count: int) -> None:
    from django.utils import timezone

    from transactions.models import Delivery

    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            hook=hook,
            kind="transaction.succeeded",
            subject=f"{now.timestamp()} {n}",
            body=BODY % n,
            created_at=now,
            next_attempt_at=now,
        )
        for n in range(count)
    )


# ---- receivers


@contextmanager
def _receiver() -> Iterator[int]:
    """A process that answers 204 to whatever comes."""
    command = [sys.executable, "-c", "from bench.hooks import receive; receive()"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.terminate()


def receive() -> None:
    """Say the port, then answer until ended."""
    asyncio.run(_receive())


async def _receive() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(size))
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@contextmanager
def _mute() -> Iterator[int]:
    """Takes connections and never says a word; hangs up at the end."""
    taken: list[socket.socket] = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        accept = threading.Thread(target=_take, args=(listening, taken.append), daemon=True)
        accept.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    accept.join()
    for one in taken:
        one.close()


def _take(listening: socket.socket, keep: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            keep(listening.accept()[0])
        except OSError:
            return


if __name__ == "__main__":
    main()
