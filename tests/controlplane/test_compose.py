"""What docker-compose.yml describes, started as it says on real servers; and what it promises to whoever runs it."""

import json
import os
import re
import secrets
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from controlplane.embedded.ports import free_port
from tests import compose
from tests.fixtures_aws import EmbeddedAws

OURS = {"migrate", "web", "worker-fast", "worker-slow", "beat"}
WORKERS = {"worker-fast", "worker-slow"}
GIVEN = {"SIGNALBOX_HOSTNAME": "signalbox.example"}


# ---- what the file says


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_of_ours_runs_without_any_power(name: str) -> None:
    service = compose.services()[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "volumes" not in service


@pytest.mark.parametrize("name", sorted(compose.services()))
def test_every_service_has_limits_and_is_started_again_unless_it_is_the_migration(name: str) -> None:
    service = compose.services()[name]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")


def test_how_many_workers_there_are_is_set_once_and_stays() -> None:
    for name, setting in (("worker-fast", "SIGNALBOX_FAST_WORKERS"), ("worker-slow", "SIGNALBOX_SLOW_WORKERS")):
        assert compose.services()[name]["deploy"]["replicas"] == f"${{{setting}:-1}}"
        assert f"`{setting}" in (compose.ROOT / "docs" / "operating.md").read_text()


def test_only_workers_are_given_aws_credentials() -> None:
    for name, service in compose.services().items():
        assert ("aws_credentials" in service.get("secrets", [])) == (name in WORKERS)
        assert any(key.startswith("AWS_") for key in service.get("environment", {})) == (name in WORKERS)


def test_no_secret_is_in_the_file_or_in_an_environment() -> None:
    for service in compose.services().values():
        for key, value in service.get("environment", {}).items():
            assert not key.endswith(("PASSWORD", "SECRET_KEY"))
            assert "/run/secrets/" not in value or value.removeprefix("/run/secrets/") in compose.secrets()
        assert set(service.get("secrets", [])) <= compose.secrets()


def test_everything_waits_for_the_migration_and_the_migration_for_the_database() -> None:
    all_of_them = compose.services()
    for name in OURS - {"migrate"}:
        assert all_of_them[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert all_of_them["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert {"postgres", "valkey", "web", *WORKERS} <= {
        name for name, one in all_of_them.items() if name == "web" or "test" in one.get("healthcheck", {})
    }


def test_one_service_alone_builds_the_image_that_all_of_ours_run() -> None:
    ours = {name: one for name, one in compose.services().items() if one["image"] == "signalbox"}
    assert ours.keys() == OURS
    assert [name for name, one in ours.items() if "build" in one] == ["migrate"]


# What is about `make run` alone, or is said by the file in another way.
NOT_PASSED = {
    "PORT", "SIGNALBOX_HOST", "SIGNALBOX_VAR", "SIGNALBOX_EMBEDDED_MENDS", "SIGNALBOX_METRICS_PORT", "SIGNALBOX_URL",
    "SIGNALBOX_PRODUCTION", "SECRET_KEY", "SIGNALBOX_ENCRYPTION_KEYS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL", "DATABASE_PASSWORD", "REDIS_URL",
}  # fmt: skip


def test_every_setting_that_env_example_offers_reaches_the_services() -> None:
    offered = set(re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (compose.ROOT / ".env.example").read_text(), re.MULTILINE))
    text = (compose.ROOT / "docker-compose.yml").read_text()
    assert {name for name in offered if f"${{{name}:" not in text} == NOT_PASSED


def test_the_queue_survives_a_restart_and_every_base_is_pinned() -> None:
    valkey = compose.services()["valkey"]
    assert valkey["command"][valkey["command"].index("--appendonly") + 1] == "yes"
    images = [one["image"] for one in compose.services().values() if one["image"] != "signalbox"]
    bases = [line.split()[1] for line in (compose.ROOT / "Dockerfile").read_text().splitlines() if line[:5] == "FROM "]
    for image in images + bases:
        assert image.partition(":")[2][:1].isdigit(), image


# ---- what it starts


@pytest.fixture(scope="module")
def valkey_port() -> Iterator[int]:
    """A Valkey with the file's own options, on a port because that is how containers reach each other."""
    with tempfile.TemporaryDirectory(prefix="sb-vk-") as folder:
        port = free_port()
        options = compose.services()["valkey"]["command"][1:]
        place = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--loglevel", "warning"]
        program = str(compose.ROOT / ".venv" / "bin" / "python")
        process = subprocess.Popen([program, "-m", "controlplane.embedded.valkey", *options, *place], cwd=compose.ROOT)
        yield port
        process.terminate()
        process.wait()


@pytest.fixture
def installation(
    postgres: str, valkey_port: int, embedded_aws: EmbeddedAws
) -> Iterator[tuple[compose.Composition, int, Path]]:
    """The whole file started: migrated, web, both workers and beat; gives it, the port of web and a folder."""
    with tempfile.TemporaryDirectory(prefix="sb-compose-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        values = {
            "secret_key": secrets.token_urlsafe(48),
            "encryption_keys": Fernet.generate_key().decode(),
            "database_password": "any",
            "aws_credentials": "[default]\n"
            f"aws_access_key_id = {embedded_aws.access_key_id}\n"
            f"aws_secret_access_key = {embedded_aws.secret_access_key}\n",
        }
        for key, value in values.items():
            (folder / key).write_text(f"{value}\n")
        port = free_port()
        places = {
            "postgres:5432": postgres.rpartition("@")[2].partition("/")[0],
            "valkey:6379": f"127.0.0.1:{valkey_port}",
            "/run/secrets": name,
            "/tmp": name,
            "/srv/var": f"{name}/var",
            "0.0.0.0": "127.0.0.1",
            "9808": "0",  # the workers share a machine here
            "8000": str(port),
        }
        # An embedded AWS stands for AWS; the environment `default` is made for it.
        aws = {"SIGNALBOX_AWS_ENDPOINT_URL": embedded_aws.endpoint_url}
        composition = compose.Composition(
            GIVEN | {"SIGNALBOX_AWS_NAME_PREFIX": f"c{secrets.token_hex(3)}-"}, places, aws
        )
        composition.run("migrate", ["python", "manage.py", "collectstatic", "--noinput"])  # as the image is built
        composition.run("migrate")
        running = {}
        for service in sorted(OURS - {"migrate"}):
            with (folder / f"{service}.log").open("wb") as output:
                running[service] = composition.start(service, stdout=output, stderr=output)
        try:
            yield composition, port, folder
            assert {name for name, process in running.items() if process.poll() is not None} == set()
            took = stop(running)
            assert took < 30
        finally:
            for process in running.values():
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.mark.flow
@pytest.mark.long
def test_the_guides_three_transactions_run_through_what_the_file_starts(
    installation: tuple[compose.Composition, int, Path],
) -> None:
    composition, port, folder = installation
    composition.run("migrate", ["python", "manage.py", "seed", "--file", "/tmp/credentials"])
    composition.run("migrate", ["python", "manage.py", "load", "--deploy", "--wait"])
    token = json.loads((folder / "credentials").read_text())["api_token"]

    assert ask(port, "/healthz") == (200, {"status": "alive"})
    status, ready = ask(port, "/readyz")
    assert (status, ready) == (200, {"status": "ready", "database": "ok", "broker": "ok"})

    composition.check("web")
    for worker in sorted(WORKERS):
        assert "1 node online" in composition.check(worker)

    ids = [submit(port, token, kind) for kind in ("PURCHASE", "REFUND", "OTHER")]
    ended = [finish(port, token, one) for one in ids]

    assert [row["status"] for row in ended] == ["succeeded", "succeeded", "failed"]
    assert [row["choices"][0]["next"] for row in ended] == ["ProcessPurchase", "ProcessRefund", None]
    assert ended[2]["error"] == "States.NoChoiceMatched"

    status, page = ask(port, "/login")
    assert status == 200
    style = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert style and ask(port, style[1])[0] == 200

    said = [line for service in OURS - {"migrate"} for line in lines_of(folder / f"{service}.log")]
    accepted = [line for line in said if line["event"] == "transaction.accepted"]
    assert {line["subject"] for line in accepted} == set(ids)
    assert all(line["request_id"] for line in accepted)
    assert {line["subject"] for line in said if line["event"] == "transaction.started"} == set(ids)
    assert lines_of(folder / "beat.log") == []


def lines_of(log: Path) -> list[dict[str, Any]]:
    """What a service wrote: nothing but objects of JSON."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def submit(port: int, token: str, kind: str) -> str:
    body = {
        "workflow": "transaction-processor",
        "input": {"TransactionType": kind, "CustomerId": "C-7", "Amount": 12.5},
    }
    status, answer = ask(port, "/api/v1/transactions", token=token, body=body)
    assert status == 201, answer
    return str(answer["id"])


def finish(port: int, token: str, one: str) -> Any:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        _, row = ask(port, f"/api/v1/transactions/{one}", token=token)
        if row["status"] in ("succeeded", "failed") and row["choices"]:
            return row
        time.sleep(0.2)
    raise AssertionError(row)


def ask(port: int, path: str, token: str = "", body: Any = None) -> tuple[int, Any]:
    """The status and the JSON of an answer, as through the proxy of the installation."""
    headers = {"Host": "signalbox.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    if token:
        headers |= {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if body is not None:
        headers["Idempotency-Key"] = secrets.token_hex(16)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    until = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                body = answer.read()
                is_json = answer.headers.get_content_type() == "application/json"
                return answer.status, json.loads(body) if is_json else body.decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            assert time.monotonic() < until, "web does not answer"
            time.sleep(0.1)


def stop(running: "dict[str, subprocess.Popen[str]]") -> float:
    """SIGTERM to each, as the engine does; gives the seconds until the last has ended."""
    began = time.monotonic()
    for process in running.values():
        process.terminate()
    for process in running.values():
        process.wait(timeout=30)
    return time.monotonic() - began
