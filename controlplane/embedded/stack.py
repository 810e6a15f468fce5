"""What `make run` runs: each program with its command and exactly the environment it may see.

Only the workers are given AWS keys; the embedded AWS, whose handlers inherit its environment, gets next to nothing.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from controlplane.embedded.installation import REGION, Installation
from controlplane.embedded.preflight import ROOT, Address
from controlplane.embedded.supervisor import Program

AWS_SERVER = ROOT / "controlplane" / "embedded" / "aws" / "server.py"
AWS_PYTHON = ROOT / "var" / "embedded-aws" / "venv" / "bin" / "python"

# Settings of whoever typed `make run` that would lead a child elsewhere, and what make itself leaves behind.
DROPPED = ("AWS_", "DJANGO_", "DATABASE_", "REDIS_", "CELERY_", "MAKE", "MFLAGS", "SECRET_KEY")

# Advice for a server's administrator, and what programs say of an ordinary stop.
VALKEY_UNSAID = ("Memory overcommit must be enabled", "Received SIGTERM", "ready to exit")
CELERY_UNSAID = ("worker: Hitting Ctrl+C again", "worker: Warm shutdown")


@dataclass(frozen=True)
class Stack:
    """The programs of one installation, in the order in which they come and, reversed, go."""

    backing: tuple[Program, ...]
    setup: Program
    serving: tuple[Program, ...]
    credentials: Path


def build_stack(installation: Installation, address: Address, sockets: Path) -> Stack:
    """The whole of it; `sockets` is a folder of the owner's own with a path short enough for a unix socket."""
    var, here = installation.var, os.environ
    socket = sockets / "valkey.sock"
    shared = _shared_environment(installation, address, socket, here)
    place = {
        "SIGNALBOX_AWS_ENDPOINT_URL": installation.aws_endpoint_url,
        "SIGNALBOX_AWS_REGION": REGION,
        "SIGNALBOX_AWS_ACCOUNT_ID": installation.secrets.aws_account_id,
    }
    keys = {
        "AWS_ACCESS_KEY_ID": installation.secrets.aws_account_id,
        "AWS_SECRET_ACCESS_KEY": installation.secrets.aws_secret_access_key,
    }
    python = sys.executable
    setup = Program(
        "setup", (python, "-m", "controlplane.embedded.prepare", str(installation.credentials)), shared | place, ROOT
    )
    restore = Program("restore", (python, "manage.py", "restore_deployments"), shared | place, ROOT)
    aws = Program("aws", (str(AWS_PYTHON), str(AWS_SERVER)), _aws_environment(installation, here), var, restore)
    valkey = Program("valkey", _valkey_command(var, socket), shared, ROOT, unsaid=VALKEY_UNSAID)
    celery = (python, "-m", "celery", "--quiet", "--app")
    # Threads, not processes: the work is waiting for AWS and the database, and a forked pool takes half as much again.
    worker = ("controlplane", "worker", "--pool", "threads", "--without-gossip", "--without-mingle")
    fast = (*celery, *worker, "--queues", "fast", "--concurrency", "2", "--hostname", "fast@%h")
    slow = (*celery, *worker, "--queues", "slow", "--concurrency", "4", "--hostname", "slow@%h")
    beat = (*celery, "controlplane.clock", "beat", "--schedule", str(var / "beat"), "--pidfile=")
    return Stack(
        backing=(aws, valkey),
        setup=setup,
        serving=(
            Program("web", _web_command(python, address), shared, ROOT),
            Program("fast", fast, shared | place | keys, ROOT, unsaid=CELERY_UNSAID),
            Program("slow", slow, shared | place | keys, ROOT, unsaid=CELERY_UNSAID),
            Program("beat", beat, shared, ROOT),
        ),
        credentials=installation.credentials,
    )


def _shared_environment(
    installation: Installation, address: Address, socket: Path, here: Mapping[str, str]
) -> dict[str, str]:
    """What every Django process sees: the caller's environment, less what would mislead it, and where things are."""
    kept = {name: value for name, value in here.items() if not name.startswith(DROPPED)}
    local = "127.0.0.1,localhost"
    hosts = ",".join(dict.fromkeys(("127.0.0.1", "localhost", "[::1]", address.host)))
    return {
        "ALLOWED_HOSTS": hosts,
        "PYTHONUNBUFFERED": "1",
        # The deployment checks ran in `make lint`; here they would bring every page into every worker.
        "CELERY_SKIP_CHECKS": "true",
        # Threads of a Python process gain nothing from an arena each.
        "MALLOC_ARENA_MAX": "2",
        # Celery says so at every start of a worker; here it is the machine's owner who decides.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        **kept,
        "DATABASE_URL": f"sqlite:///{installation.var / 'signalbox.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "controlplane.settings",
        "NO_PROXY": ",".join(filter(None, (here.get("NO_PROXY"), local))),
        "no_proxy": ",".join(filter(None, (here.get("no_proxy"), local))),
        "REDIS_URL": f"unix://{socket}?db=0",
        "SECRET_KEY": installation.secrets.secret_key,
        "SIGNALBOX_VAR": str(installation.var),
        "SIGNALBOX_URL": address.url,
        # So that receivers of hooks can be tried on this machine; but nobody is led to what runs here itself.
        "SIGNALBOX_HOOK_PLACES": ",".join(loopback_but(address.port, installation.secrets.aws_port)),
    }


def loopback_but(*ports: int) -> list[str]:
    """Every port of the loopback but these, as SIGNALBOX_HOOK_PLACES names places."""
    edges = [0, *sorted(set(ports)), 65_536]
    spans = [f"{below + 1}-{above - 1}" for below, above in pairwise(edges) if above - below > 1]
    return [f"{host}:{span}" for host in ("127.0.0.1", "localhost", "[::1]") for span in spans]


def _aws_environment(installation: Installation, here: Mapping[str, str]) -> dict[str, str]:
    """What the embedded AWS, and so every handler, may know; its HOME is not the user's, where real keys may lie."""
    folder = installation.var / "embedded-aws"
    own = {name: folder / name for name in ("home", "tmp", "state", "s3")}
    for path in own.values():
        path.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": here.get("PATH", os.defpath),
        "LANG": here.get("LANG", "C.UTF-8"),
        "HOME": str(own["home"]),
        "TMPDIR": str(own["tmp"]),
        "AWS_SECRET_ACCESS_KEY": installation.secrets.aws_secret_access_key,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(installation.secrets.aws_port),
        "MINISTACK_ACCOUNT_ID": installation.secrets.aws_account_id,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(own["state"]),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(own["s3"]),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        **{name: here[name] for name in ("SIGNALBOX_EMBEDDED_MENDS",) if name in here},
    }


def _valkey_command(var: Path, socket: Path) -> tuple[str, ...]:
    """A server that no port leads to and whose list of changes survives a crash."""
    data = var / "valkey"
    data.mkdir(exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "save": "",
        "loglevel": "warning",
        "daemonize": "no",
    }
    return (
        sys.executable,
        "-m",
        "controlplane.embedded.valkey",
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    )


def _web_command(python: str, address: Address) -> tuple[str, ...]:
    place = ("--host", address.host, "--port", str(address.port))
    size = ("--workers", "1", "--blocking-threads", "4")
    manner = ("--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "warning")
    return (python, "-m", "granian", *manner, *place, *size, "controlplane.wsgi:application")
