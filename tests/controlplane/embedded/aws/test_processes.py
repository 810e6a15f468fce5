"""What the process of a worker is given, and what is left when it ends."""

import time
from pathlib import Path

from .conftest import Bench

# Starts a process and writes a file, as a handler may, and ends without a word.
UNTIDY = """
import os, pathlib, subprocess, tempfile
def handler(event, context):
    child = subprocess.Popen(["sleep", "600"])
    path = pathlib.Path(tempfile.gettempdir(), "left-behind")
    path.write_text("x")
    print(child.pid, path)
    os._exit(1)
"""
SERVERS_OWN = {"STATE_DIR", "S3_DATA_DIR", "BIND_HOST", "GATEWAY_PORT", "LOG_LEVEL", "MINISTACK_ACCOUNT_ID"}


def test_a_handler_finds_the_environment_of_aws_and_not_the_servers(bench: Bench) -> None:
    name = bench.function(
        "import os\ndef handler(e, c):\n    return dict(os.environ), c.log_stream_name, c.log_group_name",
        Environment={"Variables": {"PERSIST_STATE": "mine"}},
    )
    (environment, stream, group), _ = bench.invoke(name)
    assert not SERVERS_OWN & set(environment)
    assert environment["PERSIST_STATE"] == "mine"
    assert environment["_HANDLER"] == "app.handler"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert environment["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert environment["AWS_LAMBDA_LOG_STREAM_NAME"] == stream
    bench.invoke(name)
    (one,) = bench.aws.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    assert (group, one["logStreamName"]) == (f"/aws/lambda/{name}", stream)


def test_what_a_handler_started_and_left_goes_with_its_worker(bench: Bench) -> None:
    name = bench.function(UNTIDY)
    bench.invoke(name)
    pid, path = bench.log(name)[1].split()
    assert is_gone(pid)
    assert Path(path).parent != bench.aws.folder / "tmp"
    bench.lambda_.delete_function(FunctionName=name)
    assert not Path(path).exists()


def is_gone(pid: str) -> bool:
    """Whether the process is there no more, or only waits for somebody to be told."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
