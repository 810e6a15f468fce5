"""kill -9 of the embedded AWS: nothing that was told is forgotten, nothing runs twice, nothing is left lying about."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures_aws import EmbeddedAws
from tests.timing import takes_less_than

from .conftest import Bench, package

Start = Callable[..., EmbeddedAws]
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": "done", "End": True}}}
WAIT = {
    "StartAt": "P",
    "States": {"P": {"Type": "Pass", "Next": "W"}, "W": {"Type": "Wait", "Seconds": 600, "End": True}},
}
SLEEPER = "import os, time\ndef handler(e, c):\n    open(e, 'w').write(str(os.getpid()))\n    time.sleep(300)"


def until(is_so: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def opened(start: Start) -> Bench:
    aws = start(secret="s" * 40)
    return Bench(aws, aws.client("lambda"), aws.client("stepfunctions"))


def kill(bench: Bench) -> None:
    bench.aws.process.kill()
    bench.aws.process.wait()


def test_what_was_defined_is_there_after_a_kill(another_embedded_aws: Start) -> None:
    """ministack writes down what it was told at an orderly stop only: versions would count from 1 again."""
    bench = opened(another_embedded_aws)
    name = bench.function("def handler(e, c): return 'one'")
    version = bench.lambda_.publish_version(FunctionName=name)["Version"]
    bench.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    bench.lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    bench.lambda_.update_function_code(FunctionName=name, ZipFile=package("def handler(e, c): return 'two'"))
    machine = bench.machine(PASS)
    published = bench.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    activity = bench.states.create_activity(name="kept")["activityArn"]
    bench.aws.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument="{}")
    bench.aws.client("sqs").create_queue(QueueName="kept")
    bench.aws.client("apigatewayv2").create_api(Name="kept", ProtocolType="HTTP")
    kill(bench)

    again = opened(another_embedded_aws)
    assert (again.invoke(name, Qualifier="live")[0], again.invoke(name)[0]) == ("one", "two")
    assert again.lambda_.publish_version(FunctionName=name)["Version"] == str(int(version) + 1)
    assert again.wait(again.start(published))["output"] == '"done"'
    again.states.update_state_machine(stateMachineArn=machine, definition=json.dumps(WAIT))
    newer = again.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    assert newer.rpartition(":")[2] == str(int(published.rpartition(":")[2]) + 1)
    task = {"Type": "Task", "Resource": activity, "End": True}
    execution = again.start(again.machine({"StartAt": "T", "States": {"T": task}}))
    token = again.states.get_activity_task(activityArn=activity)["taskToken"]
    again.states.send_task_success(taskToken=token, output='"worked"')
    assert again.wait(execution)["output"] == '"worked"'
    assert again.aws.client("iam").get_role(RoleName="kept")
    assert again.aws.client("sqs").get_queue_url(QueueName="kept")
    assert [api["Name"] for api in again.aws.client("apigatewayv2").get_apis()["Items"]] == ["kept"]


def test_a_line_of_the_ledger_that_cannot_be_read_costs_no_other(another_embedded_aws: Start) -> None:
    bench = opened(another_embedded_aws)
    machine = bench.machine(PASS)
    first = bench.start(machine)
    bench.wait(first)
    kill(bench)
    ledger = bench.aws.folder / "state" / "executions.jsonl"
    ledger.write_bytes(b'{"executionArn": "arn:aws:st{"executionArn": "glued"}\n' + ledger.read_bytes())
    again = opened(another_embedded_aws)
    assert again.wait(first)["status"] == "SUCCEEDED"
    assert again.wait(again.start(machine))["status"] == "SUCCEEDED"


@pytest.mark.long
def test_a_machine_changes_at_once_however_much_has_run(bench: Bench) -> None:
    """ministack copies every execution there is at each change of a machine."""
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    loop = bench.machine({"StartAt": "A", "States": states})
    assert bench.wait(bench.start(loop), 60)["status"] == "FAILED"
    assert takes_less_than(0.5, lambda: bench.machine(PASS))


@pytest.mark.long
def test_executions_are_told_as_they_were_and_what_ran_has_failed_with_the_reason(another_embedded_aws: Start) -> None:
    bench = opened(another_embedded_aws)
    version = bench.states.publish_state_machine_version(stateMachineArn=bench.machine(PASS))["stateMachineVersionArn"]
    over = bench.start(version, name="over")
    assert bench.wait(over)["status"] == "SUCCEEDED"
    waiting = bench.machine(WAIT)
    running = bench.start(waiting, {"a": 1}, name="running")
    until(lambda: bench.types(running)[-1] == "WaitStateEntered")
    before = bench.events(running)
    kill(bench)
    with (bench.aws.folder / "state" / "executions.jsonl").open("ab") as ledger:
        ledger.write(b'{"executionArn": "cut off with the proc')

    again = opened(another_embedded_aws)
    assert again.wait(over)["output"] == '"done"'
    assert again.types(over)[-1] == "ExecutionSucceeded"
    described = again.wait(running)
    assert (described["status"], described["error"]) == ("FAILED", "EmbeddedAws.Stopped")
    assert "was stopped or killed while this execution ran" in described["cause"]
    *told, last = again.events(running)
    assert told == before
    assert (last["type"], last["executionFailedEventDetails"]["error"]) == ("ExecutionFailed", "EmbeddedAws.Stopped")
    ran = again.states.describe_state_machine_for_execution(executionArn=over)["definition"]
    assert json.loads(ran) == PASS
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        again.start(waiting, {"a": 1}, name="running")


@pytest.mark.long
def test_workers_and_their_folders_are_gone_after_a_kill(another_embedded_aws: Start, tmp_path: Path) -> None:
    bench = opened(another_embedded_aws)
    name = bench.function(SLEEPER, Timeout=300)
    mark = tmp_path / "pid"
    bench.lambda_.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(str(mark)).encode())
    until(lambda: mark.exists() and mark.read_text())
    assert list((bench.aws.folder / "tmp").glob("ministack-lambda-*"))
    kill(bench)
    until(lambda: not is_alive(int(mark.read_text())))

    opened(another_embedded_aws)
    assert not list((bench.aws.folder / "tmp").glob("ministack-lambda-*"))


@pytest.mark.long
def test_a_second_one_on_the_same_port_leaves_the_folders_of_the_first_alone(bench: Bench, tmp_path: Path) -> None:
    from .test_process import run_server

    folder = tmp_path / "ministack-lambda-busy"
    folder.mkdir()
    assert run_server(GATEWAY_PORT=str(bench.aws.port), TMPDIR=str(tmp_path)).returncode == 2
    assert folder.exists()


def is_alive(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has asked after does not."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
