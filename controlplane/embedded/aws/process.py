"""The embedded AWS as a process: its environment, its port, its end.

Settings come from the environment the supervisor gives it; SIGTERM saves the state and takes the workers along.
"""

import asyncio
import logging
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

logger = logging.getLogger("signalbox.embedded_aws")

# Handlers inherit this process's environment, so nothing else may be in it (no database address, no Django secret).
KEPT = frozenset({
    "AWS_SECRET_ACCESS_KEY", "BIND_HOST", "GATEWAY_PORT", "HOME", "IOT_MTLS_ENABLED", "LANG", "LC_ALL", "LOG_LEVEL",
    "MINISTACK_ACCOUNT_ID", "MINISTACK_REGION", "PATH", "PERSIST_STATE", "S3_DATA_DIR", "S3_PERSIST", "SFTP_ENABLED",
    "SIGNALBOX_EMBEDDED_MENDS", "STATE_DIR", "TMPDIR", "TZ",
})  # fmt: skip
LOOPBACK = "127.0.0.1"
FIXED = {
    "BIND_HOST": LOOPBACK,
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    # Idle surplus workers go after a minute, not five: they are most of the memory.
    "LAMBDA_WARM_TTL_SECONDS": "60",
    # No container ever, even where a daemon listens: an unsupported runtime must fail, not pull an image.
    "DOCKER_HOST": "unix:///nonexistent",
    "PYTHONDONTWRITEBYTECODE": "1",
}
SHORTEST_SECRET = 20
LARGEST_PORT = 65_535
SECONDS_FOR_OPEN_REQUESTS = 1


class SettingsError(Exception):
    """The environment cannot be used; the message is the one line to show."""


def main() -> None:
    """Serve until SIGTERM or SIGINT; exits 2 with one line when the environment or the port is unusable."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.exit(f"embedded AWS: {error}")
    os.environ.clear()
    os.environ.update(settings)
    # ministack reads the environment at import, and the event loop must not outlive a handler that hangs.
    status = _run(settings)
    logging.shutdown()
    os._exit(status)


def read_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The whole environment this process and its handlers will have; raises SettingsError."""
    settings = {name: value for name, value in environ.items() if name in KEPT} | FIXED
    if not re.fullmatch(r"\d{12}", settings.get("MINISTACK_ACCOUNT_ID", "")):
        raise SettingsError("MINISTACK_ACCOUNT_ID must be twelve digits (it is also the access key id)")
    if len(settings.get("AWS_SECRET_ACCESS_KEY", "")) < SHORTEST_SECRET:
        raise SettingsError(f"AWS_SECRET_ACCESS_KEY must be at least {SHORTEST_SECRET} characters")
    port = settings.get("GATEWAY_PORT", "")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) <= LARGEST_PORT:
        raise SettingsError(f"GATEWAY_PORT must be a port number, from 1 to {LARGEST_PORT}")
    if environ.get("BIND_HOST", LOOPBACK) != LOOPBACK:
        raise SettingsError(f"BIND_HOST must be {LOOPBACK}: whoever can reach it could run code here")
    if settings.get("PERSIST_STATE") == "1" and not Path(settings.get("STATE_DIR", "")).is_absolute():
        raise SettingsError("STATE_DIR must be an absolute path when PERSIST_STATE is 1")
    settings.setdefault("MINISTACK_REGION", "us-east-1")
    settings.setdefault("LOG_LEVEL", "WARNING")
    return settings


def _run(settings: Mapping[str, str]) -> int:
    from ministack import app as ministack
    from ministack.core import lambda_runtime

    from . import memory, mends
    from .guard import Guard
    from .invoke_urls import InvokeUrls

    port = int(settings["GATEWAY_PORT"])
    try:
        _check_port(port)
    except OSError as error:
        print(f"embedded AWS: cannot listen on {LOOPBACK}:{port}: {error.strerror}", file=sys.stderr)
        return 2
    _clear_leftovers(settings)
    memory.limit()
    mends.apply()
    _forbid_scripts(ministack)
    secrets = {settings["MINISTACK_ACCOUNT_ID"]: settings["AWS_SECRET_ACCESS_KEY"]}
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_serve(Guard(ministack.app, InvokeUrls(), secrets, port), port))
    finally:
        lambda_runtime.reset()
    return 0


def _check_port(port: int) -> None:
    """Raises OSError if another process listens there: then nothing else may be touched either."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
        probe.listen(1)


def _clear_leftovers(settings: Mapping[str, str]) -> None:
    """Remove the folders of workers that were killed together with this process's predecessor."""
    if "TMPDIR" in settings:
        for folder in Path(settings["TMPDIR"]).glob("ministack-*"):
            shutil.rmtree(folder, ignore_errors=True)


def _forbid_scripts(ministack: Any) -> None:
    """ministack runs every script it finds in fixed folders of the machine's root, meant for its container."""
    ministack._collect_scripts = lambda *folders: []


async def _serve(app: Any, port: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"{LOOPBACK}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = SECONDS_FOR_OPEN_REQUESTS
    config.shutdown_timeout = SECONDS_FOR_OPEN_REQUESTS + 1
    config.loglevel = logging.getLevelName(logging.getLogger("ministack").getEffectiveLevel())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(app, config, shutdown_trigger=stop.wait)
