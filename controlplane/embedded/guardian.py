"""Two processes that watch each other, so that whichever is killed, nothing they started is left (on Linux).

Knows nothing of what runs: that is the supervisor's. Why two: docs/decisions/guardian.md.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

STOP_WITHIN_S = 9.0
"""How long the work has, after it was asked to stop, before everything is killed."""

PR_SET_CHILD_SUBREAPER = 36
births = threading.Lock()
"""Held by the work while it starts a process; taken for good once everything is being killed."""

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def guard(work: Callable[[], int], clean_up: Callable[[], None]) -> int:
    """Do the work in a child process, in a session of its own, and return its exit status (128 + signal if killed).

    A first SIGINT, SIGTERM or SIGHUP reaches the work as SIGTERM, a second one kills everything at once. Whichever of
    the two processes ends, the other kills what is left below it and calls `clean_up`.
    """
    _adopt_orphans()
    read_end, write_end = os.pipe()
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (*ASKING, signal.SIGCHLD):
        if signal.getsignal(number) is not signal.SIG_IGN or number is not signal.SIGHUP:  # as nohup wants it
            signal.signal(number, lambda *_: None)
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        for descriptor in (write_end, awake, wake):
            os.close(descriptor)
        _work(work, clean_up, read_end)
    os.close(read_end)
    status = _watch(child, awake)
    end_descendants()
    clean_up()
    return status


def _work(work: Callable[[], int], clean_up: Callable[[], None], guardian_alive: int) -> None:
    """The child's life: the work, unless the guardian is gone first. Does not return."""
    os.setsid()
    for number in (*ASKING, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    _adopt_orphans()
    threading.Thread(target=_end_with_guardian, args=(guardian_alive, clean_up), daemon=True).start()
    status = 1
    try:
        status = work()
    except BaseException:  # nobody above this frame would show it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _end_with_guardian(guardian_alive: int, clean_up: Callable[[], None]) -> None:
    """Wait until the guardian's end of the pipe closes, then end everything. Its own thread: the work may be busy."""
    os.read(guardian_alive, 1)
    births.acquire()
    end_descendants()
    clean_up()
    os._exit(1)


def _watch(child: int, awake: int) -> int:
    """Hand requests to stop to the child and return its status; 1 or 130 when it has to be killed."""
    asked_at: float | None = None
    while True:
        left = None if asked_at is None else asked_at + STOP_WITHIN_S - time.monotonic()
        if left is not None and left <= 0:
            return 1
        if not select.select([awake], [], [], left)[0]:
            continue
        numbers = os.read(awake, 64)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if any(number in ASKING for number in numbers):
            if asked_at is not None:
                return 130
            asked_at = time.monotonic()
            os.kill(child, signal.SIGTERM)


# ---- processes below this one


def descendants() -> list[int]:
    """The processes below this one, children first. Empty where there is no /proc."""
    below: dict[int, list[int]] = {}
    for pid, parent in _parents():
        below.setdefault(parent, []).append(pid)
    found = list(below.get(os.getpid(), ()))
    for pid in found:  # grows while it is walked
        found.extend(below.get(pid, ()))
    return found


def children() -> list[int]:
    """The processes whose parent is this one: those it started, and the orphans it has adopted."""
    return [pid for pid, parent in _parents() if parent == os.getpid()]


def end_descendants(within_s: float = 3.0) -> None:
    """Kill every process below this one, and what those start meanwhile, until none is left or the time is up."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and (found := descendants()):
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        reap()
        time.sleep(0.01)


def reap() -> None:
    """Take the exit status of every child that has ended. Only when nobody else waits for one of them."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends, whatever session it has moved to."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _parents() -> list[tuple[int, int]]:
    """Every process with its parent."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        # A process may end while it is looked at. Its name, in brackets, may itself contain brackets and spaces.
        with contextlib.suppress(OSError):
            found.append((int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])))
    return found
