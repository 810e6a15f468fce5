"""Logs: one JSON object a line, with the request's id from the page to the task it rang for."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import structlog

from controlplane.celery import app
from transactions import tasks

ROOT = Path(__file__).parents[2]


def test_a_worker_s_lines_carry_the_id_of_the_request_that_rang(valkey: str, tmp_path: Path) -> None:
    record = tmp_path / "worker.log"
    environ = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}",  # without tables, so the task fails and says so
        "REDIS_URL": valkey,
        "SIGNALBOX_LOG_FORMAT": "json",
        "SIGNALBOX_ROUNDS": "false",
        "CELERY_SKIP_CHECKS": "true",
        "PYTHONWARNINGS": "ignore",
    }
    command = (sys.executable, "-m", "celery", "--quiet", "--app", "controlplane", "worker", "--pool", "threads",
               "--without-gossip", "--without-mingle", "--queues", "fast", "--concurrency", "1")  # fmt: skip
    address = valkey.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    page = structlog.contextvars.bound_contextvars(request_id="from-the-page")
    with page, app.connection_for_write(address) as connection:
        tasks.start.apply_async(connection=connection)  # type: ignore[call-arg] # left out of its stubs
    with record.open("wb") as output:
        worker = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output)
    try:
        until = time.monotonic() + 30
        while "task_failed" not in record.read_text():
            assert time.monotonic() < until, record.read_text()
            time.sleep(0.1)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=20)
    lines = [json.loads(line) for line in record.read_text().splitlines() if line.startswith("{")]
    (failed,) = [line for line in lines if line["event"] == "task_failed"]
    assert failed["request_id"] == "from-the-page"
    assert failed["level"] == "error"
    assert "no such table" in failed["exception"]


def test_a_request_says_its_id_in_every_line(caplog: pytest.LogCaptureFixture) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"), caplog.at_level("INFO"):
        structlog.get_logger("signalbox").info("something.happened", of="it")
    (record,) = caplog.records
    assert isinstance(record.msg, dict)
    assert (record.msg["event"], record.msg["request_id"], record.msg["of"]) == ("something.happened", "r-1", "it")
