"""Logs: one JSON object a line, with the request's id from the page to the task it rang for."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

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
    assert "no such table" in failed["error"]
    assert (
        "Traceback" not in failed["exception"]
    )  # while a database is away a stack a second would push out everything else


def test_a_request_says_its_id_in_every_line(caplog: pytest.LogCaptureFixture) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"), caplog.at_level("INFO"):
        structlog.get_logger("signalbox").info("something.happened", of="it")
    (record,) = caplog.records
    assert isinstance(record.msg, dict)
    assert (record.msg["event"], record.msg["request_id"], record.msg["of"]) == ("something.happened", "r-1", "it")


@pytest.mark.django_db
def test_a_probe_that_is_answered_is_not_worth_a_line_and_one_that_is_refused_is(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def asked() -> list[tuple[str, int]]:
        told = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
        return [(line["request"], line["code"]) for line in told if line["event"] == "request_finished"]

    with caplog.at_level("INFO", "django_structlog"):
        client.get("/healthz")
        client.get("/readyz")
        client.get("/login")
        assert asked() == [("GET /login", 200)]
        MigrationRecorder(connection).record_unapplied("transactions", "0001_initial")
        client.get("/readyz")
    assert asked()[1:] == [("GET /readyz", 503)]


def test_what_fails_otherwise_has_its_stack(capsys: pytest.CaptureFixture[str]) -> None:
    lines = logging.StreamHandler()
    lines.setFormatter(_formatter())
    log = logging.getLogger("test.stack")
    log.addHandler(lines)
    for error in (OperationalError("server closed"), ZeroDivisionError("by zero")):
        try:
            raise error
        except Exception:
            log.exception("failed")
    log.removeHandler(lines)
    away, otherwise = capsys.readouterr().err.strip().split("failed")[1:]
    assert "server closed" in away
    assert "Traceback" not in away
    assert "Traceback" in otherwise


def _formatter() -> logging.Formatter:
    told: dict[str, Any] = settings.LOGGING["formatters"]["line"]  # type: ignore[index]
    return structlog.stdlib.ProcessorFormatter(**{name: value for name, value in told.items() if name != "()"})
