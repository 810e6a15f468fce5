"""Executions started a second while a backlog is drained (PERF-1), and how close to AWS's quota (PERF-11).

`make bench-drain`. On PostgreSQL with fsync, against the AWS stub in a process of its own, without web: two processes
that drain as a worker does, and in turn two that call plain boto3 with as many threads. BENCH_ROWS: another backlog.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.drain_process import INPUT, MACHINE, THREADS
from tests.databases import run_postgres
from tests.fixtures_broker import run_valkey

ROOT = Path(__file__).resolve().parents[1]
ROWS = int(os.environ.get("BENCH_ROWS", "5000"))
PAIRS = 5
PROCESSES = 2
QUOTA = 300
RATIONED_ROWS = 6_000
DURABLE = ("fsync=on", "full_page_writes=on", "synchronous_commit=on", "autovacuum=on")


def main() -> None:
    """Print the stub's ceiling, then each figure beside its baseline."""
    with run_postgres(*DURABLE) as address, run_valkey() as broker, _process("stub", {}) as stub:
        endpoint = f"http://127.0.0.1:{stub.stdout.readline().strip()}"
        _set_up(address, broker, endpoint)
        _ceiling()
        _drain(stub)
        _rationed(stub)


def _ceiling() -> None:
    seconds, done, _ = _together("ceiling", ROWS)
    print(f"the stub's own ceiling, asked by a client that only writes bytes: {done / seconds:.0f} starts/s")


def _drain(stub: "subprocess.Popen[str]") -> None:
    pairs = []
    for _ in range(PAIRS):
        plain = _together("boto3", ROWS)
        _accept(ROWS)
        _ledger(stub)
        ours = _together("ours", ROWS)
        _check(ROWS, _ledger(stub))
        pairs.append((ours, plain))
    rates = [(ROWS / ours[0], ROWS / plain[0]) for ours, plain in pairs]
    ratios = [ours / plain for ours, plain in rates]
    ours, plain = (statistics.median(side) for side in zip(*rates, strict=True))
    cpu, plain_cpu = (statistics.median(one[side][2] for one in pairs) / ROWS * 1000 for side in (0, 1))
    print(
        f"drain of {ROWS:,} accepted transactions, {PROCESSES} processes x {THREADS} threads "
        f"(goal >= 0.60 of plain boto3, aim 0.80): {ours:.0f} starts/s, {cpu:.2f} ms CPU each; "
        f"plain boto3 {plain:.0f} starts/s, {plain_cpu:.2f} ms"
    )
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})")


def _rationed(stub: "subprocess.Popen[str]") -> None:
    """As in an account of AWS: the quota is shared by the processes through Redis, and AWS's own bucket is watched."""
    from workflows.models import Environment

    Environment.objects.update(is_embedded=False)
    _accept(RATIONED_ROWS)
    _ledger(stub, f"limit {QUOTA}")
    seconds, _, _ = _together("ours", RATIONED_ROWS)
    told = _ledger(stub)
    _check(RATIONED_ROWS, told)
    floor = RATIONED_ROWS / QUOTA
    print(
        f"drain of {RATIONED_ROWS:,} against {QUOTA} starts/s (goal <= 1.15 of the floor, aim 1.05; <= 2 % throttled): "
        f"{seconds:.1f} s, floor {floor:.1f} s, {told['throttled']} of {told['calls']} calls throttled"
    )
    print(f"ratio {seconds / floor:.2f} ({seconds / floor:.2f}..{seconds / floor:.2f})")


# ---- processes


@contextmanager
def _process(kind: str, environ: dict[str, str], count: int = 0) -> Iterator[Any]:
    command = [sys.executable, "-m", "bench.drain_process", kind, str(count)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _together(kind: str, count: int) -> tuple[float, int, float]:
    """Let `PROCESSES` of a kind share `count`: seconds, how many were done, and CPU seconds."""
    with _process(kind, {}, count // PROCESSES) as one, _process(kind, {}, count // PROCESSES) as other:
        for process in (one, other):
            assert process.stdout.readline() == "ready\n"
        begun = time.perf_counter()
        for process in (one, other):
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [json.loads(process.stdout.readline()) for process in (one, other)]
        seconds = time.perf_counter() - begun
    return seconds, sum(one["done"] for one in told), sum(one["cpu_s"] for one in told)


def _ledger(stub: "subprocess.Popen[str]", order: str = "ledger") -> dict[str, int]:
    assert stub.stdin
    assert stub.stdout
    stub.stdin.write(f"{order}\n")
    stub.stdin.flush()
    told: dict[str, int] = json.loads(stub.stdout.readline())
    return told


# ---- rows


def _set_up(address: str, broker: str, endpoint: str) -> None:
    os.environ |= {
        "DATABASE_URL": address,
        "REDIS_URL": broker,
        "DJANGO_SETTINGS_MODULE": "controlplane.settings",
        "SIGNALBOX_AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIASTUBSTUBSTUB0001",
        "AWS_SECRET_ACCESS_KEY": "the-stub-never-sees-this-one",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from tests.factories import DeploymentFactory, UserFactory

    UserFactory.create(username="bench")
    DeploymentFactory.create(version_arn=f"{MACHINE}:1")


def _accept(count: int) -> None:
    """As many rows as `submissions.submit` would have left."""
    from django.utils import timezone

    from transactions.models import Execution, Transaction
    from workflows.models import Deployment, User

    deployment, user, now = Deployment.objects.get(), User.objects.get(username="bench"), timezone.now()
    rows = Transaction.objects.bulk_create(
        (
            Transaction(
                environment_id=deployment.environment_id,
                workflow_id=deployment.workflow_id,
                revision_id=deployment.workflow_revision_id,
                deployment=deployment,
                input=INPUT,
                created_by=user,
                created_at=now,
                next_attempt_at=now,
            )
            for _ in range(count)
        ),
        batch_size=1_000,
    )
    Execution.objects.bulk_create((Execution(transaction=row) for row in rows), batch_size=1_000)


def _check(count: int, told: dict[str, int]) -> None:
    """Whatever was accepted is running now, and AWS has begun each once: a drain that loses some is no drain."""
    from transactions.models import Transaction

    assert told["calls"] - told["throttled"] == count, told
    assert not Transaction.objects.exclude(status="running").exists()


if __name__ == "__main__":
    main()
