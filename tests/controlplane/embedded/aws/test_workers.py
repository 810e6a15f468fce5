"""Worker processes: a burst makes few of them, and none outlives the server."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures_aws import EmbeddedAws

from .conftest import ROLE, Bench, package

CAP = 8
SLOW = "import os, time\ndef handler(e, c):\n    time.sleep(e['seconds'])\n    return os.getpid()"


def test_a_burst_waits_for_few_workers_and_nothing_fails(bench: Bench) -> None:
    name = bench.function(SLOW)
    pids = in_parallel(40, lambda: bench.invoke(name, {"seconds": 0.02})[0])
    assert len(pids) == 40
    assert 1 < len(set(pids)) <= CAP


def test_a_call_by_a_handler_does_not_wait_for_its_own_caller(bench: Bench) -> None:
    source = """
import boto3, json
def handler(event, context):
    if event == "inner":
        return 1
    answer = boto3.client("lambda").invoke(FunctionName=context.function_name, Payload=json.dumps("inner"))
    return json.loads(answer["Payload"].read())
"""
    name = bench.function(source, Timeout=30)
    assert in_parallel(CAP, lambda: bench.invoke(name, "outer")[0]) == [1] * CAP


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_server_even_in_the_middle_of_a_handler(
    another_embedded_aws: Callable[..., EmbeddedAws], number: int
) -> None:
    aws = another_embedded_aws()
    client = aws.client("lambda")
    client.create_function(
        FunctionName="slow", Runtime="python3.12", Role=ROLE, Handler="app.handler", Timeout=60,
        Code={"ZipFile": package(SLOW)},
    )  # fmt: skip
    client.invoke(FunctionName="slow", InvocationType="Event", Payload=b'{"seconds": 60}')
    await_condition(lambda: len(children(aws)) == 1)
    workers = children(aws)
    aws.process.send_signal(number)
    aws.process.wait(timeout=4)
    await_condition(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def children(aws: EmbeddedAws) -> list[int]:
    """The processes of this server's workers, wherever they hang in the tree."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"TMPDIR={aws.folder}/tmp".encode() in environment and int(process.name) not in {
            aws.process.pid,
            os.getpid(),
        }:
            found.append(int(process.name))
    return found


def in_parallel(count: int, work: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def await_condition(holds: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
