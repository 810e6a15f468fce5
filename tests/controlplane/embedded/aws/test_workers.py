"""Worker processes: a burst makes few of them, and none outlives the server."""

import io
import os
import signal
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures_aws import EmbeddedAws

from .conftest import ROLE, Bench, package

CAP = 8
WAIT_FOR_A_LOG = 0.05
SLOW = "import os, time\ndef handler(e, c):\n    time.sleep(e['seconds'])\n    return os.getpid()"


def test_a_burst_waits_for_few_workers_and_nothing_fails(bench: Bench) -> None:
    name = bench.function(SLOW)
    pids = in_parallel(40, lambda: bench.invoke(name, {"seconds": 0.02})[0])
    assert len(pids) == 40
    assert 1 < len(set(pids)) <= CAP


def test_a_handler_that_logs_nothing_answers_without_a_wait_for_its_log(bench: Bench) -> None:
    """ministack waits 0.05 s for a first line that may never come; of many answers at least one shows it does not."""
    name = bench.function("def handler(event, context):\n    return event")
    bench.invoke(name)
    assert any(seconds_of(lambda: bench.invoke(name)) < WAIT_FOR_A_LOG for _ in range(100))


def seconds_pending(bench: Bench, name: str) -> float:
    """How long a new function takes to become Active; its creation has to say that it is not yet."""
    code = {"ZipFile": package("def handler(event, context):\n    return 1\n")}
    wanted = {"Runtime": "python3.12", "Role": ROLE, "Handler": "app.handler", "Code": code}
    assert bench.lambda_.create_function(FunctionName=name, **wanted)["State"] == "Pending"
    began = time.monotonic()
    while bench.lambda_.get_function_configuration(FunctionName=name)["State"] == "Pending":
        time.sleep(0.01)
    return time.monotonic() - began


def test_a_new_function_is_active_in_a_moment(bench: Bench) -> None:
    assert min(seconds_pending(bench, f"pending-{number}") for number in range(3)) < 0.4


def test_what_a_handler_logs_is_whole_though_nothing_is_waited_for(bench: Bench) -> None:
    lines = [f"line {number}" for number in range(200)]
    name = bench.function("def handler(event, context):\n    [print(line) for line in event]")
    bench.invoke(name, lines)
    assert [line.strip() for line in bench.log(name) if line.startswith("line ")] == lines


BOOTSTRAP = f"""#!{sys.executable}
import json, os, time, urllib.request
api = f"http://{{os.environ['AWS_LAMBDA_RUNTIME_API']}}/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(f"{{api}}/next") as asked:
        request_id, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
    time.sleep(event["seconds"])
    answer = urllib.request.Request(f"{{api}}/{{request_id}}/response", json.dumps(os.getpid()).encode())
    urllib.request.urlopen(answer).close()
"""


def test_programs_of_their_own_wait_for_few_workers_too(bench: Bench) -> None:
    """A `provided` runtime brings its own program, which asks for each invocation over HTTP."""
    name = "own-program"
    code = {"ZipFile": program(BOOTSTRAP)}
    bench.lambda_.create_function(
        FunctionName=name, Runtime="provided.al2023", Role=ROLE, Handler="bootstrap", Timeout=60, Code=code
    )
    pids = in_parallel(20, lambda: bench.invoke(name, {"seconds": 0.02})[0])
    assert len(pids) == 20
    assert 1 <= len(set(pids)) <= CAP


def program(text: str) -> bytes:
    """A zip with `text` as an executable called bootstrap."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        member = zipfile.ZipInfo("bootstrap")
        member.external_attr = 0o755 << 16
        archive.writestr(member, text)
    return content.getvalue()


def test_a_program_of_its_own_that_ends_says_how_and_is_logged_as_on_aws(bench: Bench) -> None:
    settings = {"Runtime": "provided.al2023", "Role": ROLE, "Handler": "bootstrap", "Timeout": 10}
    for name, text in (("own-exit", "#!/bin/sh\necho going\nexit 7\n"), ("own-echo", BOOTSTRAP)):
        bench.lambda_.create_function(FunctionName=name, Code={"ZipFile": program(text)}, **settings)
    failure, answer = bench.invoke("own-exit")
    assert (answer["FunctionError"], failure["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert failure["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")
    assert "going" in bench.log("own-exit")
    bench.invoke("own-echo", {"seconds": 0.02})
    start, *_, end, report = bench.log("own-echo")
    assert [line.split()[0] for line in (start, end, report)] == ["START", "END", "REPORT"]
    assert float(report.split("Duration: ")[1].split()[0]) > 20
    assert int(report.split("Max Memory Used: ")[1].split()[0]) > 0


def test_who_waits_for_one_function_is_not_passed_over_for_another(bench: Bench) -> None:
    long, short = (bench.function(SLOW, Timeout=30) for _ in range(2))
    for _ in range(2 * CAP):
        bench.lambda_.invoke(FunctionName=long, InvocationType="Event", Payload=b'{"seconds": 8}')
    await_condition(lambda: len(children(bench.aws)) >= CAP)
    assert seconds_of(lambda: in_parallel(2 * CAP, lambda: bench.invoke(short, {"seconds": 0.05}))) < 7


@pytest.mark.long
def test_callers_that_wait_for_each_other_through_executions_come_to_an_end(bench: Bench) -> None:
    source = """
import boto3, json, time
def handler(event, context):
    if "machine" not in event:
        return 1
    states = boto3.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=event["machine"], input="{}")["executionArn"]
    while states.describe_execution(executionArn=arn)["status"] == "RUNNING":
        time.sleep(0.1)
    return states.describe_execution(executionArn=arn)["status"]
"""
    name = bench.function(source, Timeout=30)
    task = {"Type": "Task", "Resource": bench.function_arn(name), "End": True}
    machine = bench.machine({"StartAt": "T", "States": {"T": task}})
    assert in_parallel(CAP, lambda: bench.invoke(name, {"machine": machine})[0]) == ["SUCCEEDED"] * CAP


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


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def await_condition(holds: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
