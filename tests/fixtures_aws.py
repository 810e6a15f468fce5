"""The embedded AWS as a fixture: the real server, in the virtual environment `make install` gave it."""

import http.client
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from django.conf import LazySettings

from controlplane.embedded.ports import free_port
from workflows.aws import clients
from workflows.models import Environment
from workflows.services import environments

ROOT = Path(__file__).resolve().parent.parent
AWS_PYTHON = ROOT / "var" / "embedded-aws" / "venv" / "bin" / "python"
AWS_SERVER = ROOT / "controlplane" / "embedded" / "aws" / "server.py"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class EmbeddedAws:
    """A running embedded AWS and how to reach it; the account is also the access key id."""

    port: int
    secret_access_key: str
    process: subprocess.Popen[bytes] = field(repr=False)
    folder: Path = field(repr=False)
    region: str = "us-east-1"
    access_key_id: str = ACCOUNT

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, **overrides: Any) -> Any:
        """A boto3 client for it, without retries, so that a test sees the first answer."""
        settings: dict[str, Any] = {
            "endpoint_url": self.endpoint_url,
            "region_name": self.region,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "config": Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, max_pool_connections=50),
        }
        session: Any = boto3.session.Session()  # its stubs want the service's name spelled out
        return session.client(service, **(settings | overrides))


@contextmanager
def run_embedded_aws(folder: Path, *, mends: bool = True, secret: str = "") -> Iterator[EmbeddedAws]:
    """Start the server with its state in `folder` on a free port; stop it by SIGTERM at the end."""
    if not AWS_PYTHON.exists():
        pytest.fail("the embedded AWS has no virtual environment yet: run `make install`")
    aws = _start(folder, mends=mends, secret=secret or secrets.token_hex(20))
    try:
        _await_health(aws)
        yield aws
    finally:
        aws.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            aws.process.wait(timeout=10)
        aws.process.kill()
        aws.process.wait()


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    """One embedded AWS for the whole run. Tests share it, so they give what they make names of their own."""
    folder = Path(tempfile.mkdtemp(prefix="signalbox-aws-"))
    mends = os.environ.get("SIGNALBOX_EMBEDDED_MENDS", "1") != "0"
    try:
        with run_embedded_aws(folder, mends=mends) as aws:
            yield aws
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def another_embedded_aws(tmp_path: Path) -> Iterator[Callable[..., EmbeddedAws]]:
    """Starts embedded AWS processes that a test may stop, kill or start again; what is left ends with the test."""
    started: list[EmbeddedAws] = []

    def start(**options: Any) -> EmbeddedAws:
        aws = _start(tmp_path, mends=options.pop("mends", True), secret=options.pop("secret", secrets.token_hex(20)))
        started.append(aws)
        _await_health(aws)
        return aws

    yield start
    for aws in started:
        aws.process.kill()
        aws.process.wait()


Lead = Callable[[EmbeddedAws], Environment]


@pytest.fixture
def lead_to(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Lead:
    """Makes the default environment, leading to an embedded AWS with the worker's own credentials."""

    def lead(aws: EmbeddedAws) -> Environment:
        settings.EMBEDDED_AWS_ENDPOINT_URL = aws.endpoint_url
        names = {"is_embedded": True, "name_prefix": f"t{secrets.token_hex(3)}-", "account_id": ""}
        settings.DEFAULT_ENVIRONMENT |= names
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.secret_access_key)
        clients.forget()
        return environments.ensure_default()

    return lead


@pytest.fixture
def environment(embedded_aws: EmbeddedAws, lead_to: Lead) -> Environment:
    """The default environment, leading to the embedded AWS; what is made there has the test's own prefix."""
    return lead_to(embedded_aws)


def _start(folder: Path, *, mends: bool, secret: str) -> EmbeddedAws:
    port = free_port()
    (folder / "tmp").mkdir(exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder / "tmp"),
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": secret,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "SIGNALBOX_EMBEDDED_MENDS": "1" if mends else "0",
        "DATABASE_URL": "canary: handlers must not see this",
    }
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen([AWS_PYTHON, AWS_SERVER], env=environ, stdout=log, stderr=log, cwd=folder)
    return EmbeddedAws(port, secret, process, folder)


def _await_health(aws: EmbeddedAws, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and aws.process.poll() is None:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=2)
            connection.request("GET", "/_ministack/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.02)
    pytest.fail(f"the embedded AWS did not start:\n{(aws.folder / 'server.log').read_text()[-2000:]}")
