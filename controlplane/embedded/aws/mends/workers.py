"""Differences: a worker process for every concurrent invocation, without limit; fixed waits, for log lines and for a
function to become Active.

200 starts on a cold server made 133 processes and 4 GB. Here a function has at most CAP workers and further
invocations wait their turn, as long as it takes. An invocation made by a handler never waits: whoever holds the
worker it would wait for may be its own caller. Where callers wait for each other in a way that cannot be seen, as by
executions they have started, none comes free: then one more worker is made every three seconds, up to MOST.
"""

import contextvars
import queue
import subprocess
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from . import processes
from .python_runtime import END_OF_LOG

HERE = Path(__file__).parent

CAP = 8
MOST = 4 * CAP
# A log to which nothing was added for so long, and which was not ended, has lost its worker.
SECONDS_FOR_LOG_END = 1.0
# All workers of a function at work and none free for so long: their handlers may be waiting for who waits here.
SECONDS_STALLED = 3.0

# On AWS a function is Pending for as long as it takes; here nothing needs that time, but callers have to expect it.
SECONDS_PENDING = 0.05

_lock = threading.Lock()


# Set when the invocation of this context has a worker: its caller's patience counts from then.
has_call: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("has_call", default=None)


@dataclass
class _Turn:
    """Those who wait for a worker of one version of a function; `moved_at`: when one was last taken or given back."""

    freed: threading.Condition = field(default_factory=lambda: threading.Condition(_lock))
    moved_at: float = 0.0


_turns: defaultdict[tuple[str, str], _Turn] = defaultdict(_Turn)


def apply() -> None:
    """Put the cap around ministack's pool, and our Python program into its workers."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = (HERE / "python_runtime.py").read_text()
    lambda_runtime._NODEJS_WORKER_SCRIPT = _of_node()
    lambda_runtime.Worker._read_stderr = _read_stderr
    whole_drain = lambda_runtime.Worker._drain_stderr_bounded
    lambda_runtime.Worker._drain_stderr_bounded = lambda worker, *bounds, **named: (
        whole_drain(worker, *bounds, **named) if _brings_its_own(worker) else _drain_until_end(worker)
    )
    # What ministack itself does for `provided` runtimes.
    lambda_svc.acquire_worker = lambda name, config, code_zip, **more: (acquire(config, code_zip), "reused")
    lambda_svc.release_worker = release
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = SECONDS_PENDING


def _of_node() -> str:
    """ministack's stand-ins for the SDK, and our end of its program."""
    stand_ins, its_own, _ = lambda_runtime._NODEJS_WORKER_SCRIPT.partition("let handlerFn = null;")
    if not its_own:
        raise RuntimeError("ministack's program for Node.js is not the one that was probed")
    return str(stand_ins + lambda_runtime._sub_runtime_tokens((HERE / "node_runtime.js").read_text()))


def acquire(config: dict[str, Any], code_zip: bytes) -> Any:
    """A worker of the function for this invocation alone; waits for one while CAP are at work."""
    nested = lambda_svc._invoke_depth.get() > 1
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    with _lock:
        turn, cap = _turns[name, version], None if nested else CAP
        while True:
            worker, _ = lambda_runtime.acquire_worker(name, config, code_zip, version, max_concurrency=cap)
            if worker is not None:
                turn.moved_at = time.monotonic()
                if began := has_call.get():
                    began.set()
                return worker
            turn.freed.wait(SECONDS_STALLED)
            cap = MOST if time.monotonic() - turn.moved_at >= SECONDS_STALLED else CAP


def release(worker: Any) -> None:
    """Give a worker back, to be used by who waits; None stands for one that is gone, and makes room as well."""
    with _lock:
        lambda_runtime.release_worker(worker)
        if worker is None:
            for turn in _turns.values():
                turn.freed.notify_all()
            return
        turn = _turns[worker.func_name, worker.config.get("Version", "$LATEST")]
        turn.moved_at = time.monotonic()
        turn.freed.notify()


def discard(worker: Any) -> None:
    """Give a worker back whose process is of no more use; the next invocation starts another."""
    process, worker._proc = worker._proc, None
    if process is not None:
        processes.end(process)
        process.wait()
    release(worker)


def exit_status(worker: Any) -> int:
    """How the worker's process ended: its exit status, less than 0 the signal; 0 if it lives on without its pipe."""
    with suppress(subprocess.TimeoutExpired):
        return int(worker.process.wait(SECONDS_FOR_LOG_END))
    return 0


def most_memory_mb(worker: Any, told: int | None = None) -> int:
    """The most that the worker's process has held at once, as it `told` itself or as far as is known."""
    process = getattr(worker, "process", None)
    if process is not None and told is not None:
        process.most_memory_mb = told  # the next invocation may leave nobody to be asked
    return told or (0 if process is None else processes.most_memory_mb(process))


def _brings_its_own(worker: Any) -> bool:
    """Whether the worker runs a program of the function's own, which marks no end of a log."""
    return str(worker.config.get("Runtime", "")).startswith("provided")


def _read_stderr(worker: Any) -> None:
    """ministack's reader ends at the first byte that is not UTF-8; the handler then blocks on a full pipe."""
    process, lines = worker.process, worker._stderr_queue
    process.stderr.reconfigure(errors="backslashreplace", newline="\n")
    for line in process.stderr:
        lines.put(line.rstrip("\n"))
    lines.put(END_OF_LOG)


def _drain_until_end(worker: Any) -> str:
    """The log of the invocation that just answered. The worker's program marks its end, so nothing is waited for."""
    lines: list[str] = []
    while True:
        try:
            line = worker._stderr_queue.get(timeout=SECONDS_FOR_LOG_END)
        except queue.Empty:
            break
        written, is_end, _ = line.partition(END_OF_LOG)  # after what the handler left without a line's end, too
        if written or not is_end:
            lines.append(written)
        if is_end:
            break
    return "\n".join(lines)
