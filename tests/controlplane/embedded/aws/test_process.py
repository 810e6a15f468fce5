"""The embedded AWS as a process: what it needs, what it keeps, how it ends."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures_aws import ACCOUNT, AWS_PYTHON, AWS_SERVER, EmbeddedAws

from .conftest import ROLE

WAITING = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": true}}}'
SETTINGS = {"GATEWAY_PORT": "1", "MINISTACK_ACCOUNT_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "s" * 40}


def run_server(**changes: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], **SETTINGS, **changes}
    return subprocess.run(
        [AWS_PYTHON, AWS_SERVER], env=environ, capture_output=True, text=True, timeout=20, check=False
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"MINISTACK_ACCOUNT_ID": "me"}, "MINISTACK_ACCOUNT_ID"),
        ({"AWS_SECRET_ACCESS_KEY": "short"}, "AWS_SECRET_ACCESS_KEY"),
        ({"GATEWAY_PORT": "http"}, "GATEWAY_PORT"),
        ({"GATEWAY_PORT": "99999"}, "GATEWAY_PORT"),
        ({"PERSIST_STATE": "1", "STATE_DIR": "relative"}, "STATE_DIR"),
        ({"BIND_HOST": "0.0.0.0"}, "BIND_HOST"),
        ({"BIND_HOST": "192.0.2.1"}, "BIND_HOST"),
    ],
)
def test_a_wrong_setting_is_one_line(changes: dict[str, str], named: str) -> None:
    ended = run_server(**changes)
    assert ended.returncode != 0
    (line,) = ended.stderr.splitlines()
    assert named in line


def test_a_port_in_use_is_one_line(embedded_aws: EmbeddedAws, tmp_path: Path) -> None:
    ended = run_server(GATEWAY_PORT=str(embedded_aws.port), TMPDIR=str(tmp_path))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"embedded AWS: cannot listen on 127.0.0.1:{embedded_aws.port}")


def test_a_graceful_stop_is_quick_and_keeps_everything(another_embedded_aws: Callable[..., EmbeddedAws]) -> None:
    first = another_embedded_aws(secret="s" * 40)
    states = first.client("stepfunctions")
    machine = states.create_state_machine(name="kept", definition=WAITING, roleArn=ROLE)["stateMachineArn"]
    running = states.start_execution(stateMachineArn=machine, name="one")["executionArn"]
    started = time.monotonic()
    first.process.terminate()
    assert first.process.wait(timeout=10) == 0
    assert time.monotonic() - started < 3

    states = another_embedded_aws(secret="s" * 40).client("stepfunctions")
    assert states.describe_state_machine(stateMachineArn=machine)["definition"] == WAITING
    assert states.describe_execution(executionArn=running)["status"] == "FAILED"
    assert states.describe_state_machine_for_execution(executionArn=running)["definition"] == WAITING


def test_mends_can_be_switched_off(another_embedded_aws: Callable[..., EmbeddedAws]) -> None:
    """The product's flows also run on an embedded AWS as it is; then this is what a history looks like."""
    states = another_embedded_aws(mends=False).client("stepfunctions")
    definition = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'
    machine = states.create_state_machine(name="plain", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    assert "previousEventId" not in states.get_execution_history(executionArn=execution)["events"][0]


UNKNOWN = """
import importlib.metadata, sys
known = importlib.metadata.version
importlib.metadata.version = lambda name: "9.9.9" if name == "ministack" else known(name)
sys.path.insert(0, {folder!r})
import server
server.load_package()
from embedded_aws import mends
from ministack.services import stepfunctions
mends.apply()
print(stepfunctions._start_execution.__module__)
"""


def test_an_unknown_version_runs_unmended_with_a_warning(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    code = UNKNOWN.format(folder=str(AWS_SERVER.parent))
    ended = subprocess.run([AWS_PYTHON, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "ministack.services.stepfunctions"
    assert "ministack 9.9.9 is not 1.5.33: it runs unmended" in ended.stderr
