"""Differences: what the process of a worker is given, and what is left behind when it ends.

ministack gives it all of the server's own environment (a handler that reads LOG_LEVEL gets the server's), a made-up
name for its log stream and no _HANDLER or AWS_EXECUTION_ENV; it shares the server's TMPDIR, so what handlers leave
there stays for good; the processes that a handler started live on when it timed out or the worker went. Here the
environment is AWS's, each worker has a TMPDIR of its own that goes with it, and so do all processes of its group.
"""

import contextvars
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

# What is the server's own business; a function may have variables of these names itself.
INTERNAL = frozenset({
    "BIND_HOST", "DOCKER_HOST", "GATEWAY_PORT", "IOT_MTLS_ENABLED", "LAMBDA_WARM_TTL_SECONDS", "LOG_LEVEL",
    "MINISTACK_ACCOUNT_ID", "MINISTACK_REGION", "PERSIST_STATE", "S3_DATA_DIR", "S3_PERSIST", "SFTP_ENABLED",
    "SIGNALBOX_EMBEDDED_MENDS", "STATE_DIR",
})  # fmt: skip

# The worker whose process is being started in this context.
_starting: contextvars.ContextVar[Any] = contextvars.ContextVar("starting")


def apply() -> None:
    """Start and end the processes of all workers here."""
    for kind in (lambda_runtime.Worker, lambda_runtime.ProvidedWorker):
        kind._spawn = _known(kind._spawn)
    lambda_runtime.subprocess = SimpleNamespace(**vars(subprocess) | {"Popen": start})
    lambda_runtime._signal = end
    forget = lambda_runtime.ProvidedWorker._discard_tmpdir

    def forget_with_folder(worker: Any) -> None:
        forget(worker)
        lambda_runtime.Worker._discard_tmpdir(worker)

    lambda_runtime.ProvidedWorker._discard_tmpdir = forget_with_folder


def _known(spawn: Callable[..., None]) -> Callable[..., None]:
    def spawn_known(worker: Any, *arguments: Any, **named: Any) -> None:
        token = _starting.set(worker)
        try:
            spawn(worker, *arguments, **named)
        finally:
            _starting.reset(token)
        most_memory_mb(worker.process)

    return spawn_known


def start(command: list[str], *, env: dict[str, str], **options: Any) -> "subprocess.Popen[Any]":
    """The process of the worker being started: the first of a group of its own."""
    worker = _starting.get()
    if worker._tmpdir is None:
        worker._tmpdir = tempfile.mkdtemp(prefix="ministack-lambda-")
    temporary = Path(worker._tmpdir) / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    version = worker.config.get("Version", "$LATEST")
    worker.log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{secrets.token_hex(16)}"
    given = {name: value for name, value in env.items() if name not in INTERNAL or value != os.environ.get(name)}
    given |= _of_aws(worker.config) | {"AWS_LAMBDA_LOG_STREAM_NAME": worker.log_stream, "TMPDIR": str(temporary)}
    given.setdefault("AWS_ENDPOINT_URL", f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")
    process = subprocess.Popen(command, env=given, start_new_session=True, **options)  # noqa: S603 (as ministack would)
    most_memory_mb(process)  # it may not live to be asked again
    worker.process = process  # ministack forgets it as soon as it has died
    return process


def _of_aws(config: dict[str, Any]) -> dict[str, str]:
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    return {
        "_HANDLER": str(config.get("Handler", "")),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": str(group),
    }


def end(process: "subprocess.Popen[Any] | None") -> None:
    """Kill a worker's process with all that its handlers started; whoever asks waits for it."""
    if process is None:
        return
    most_memory_mb(process)
    with suppress(OSError):  # nobody is left of the group
        os.killpg(process.pid, signal.SIGKILL)


def most_memory_mb(process: Any) -> int:
    """The most that a process is known to have held at once; 0 where that cannot be read (no Linux)."""
    known: int = getattr(process, "most_memory_mb", 0)
    if process.returncode is not None:  # its number may be another's by now
        return known
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                known = max(known, -(-int(line.split()[1]) // 1024))
    process.most_memory_mb = known
    return known
