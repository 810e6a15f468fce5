"""Child processes that answer a line with a line and can be killed: for work that cannot be bounded from inside.

`Child` is the asking side, `serve` the side that answers. Knows nothing of what is asked.
"""

import io
import os
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_ROOT = Path(__file__).resolve().parent.parent
_READY = b"ready\n"
_START_SECONDS = 20.0  # a loaded machine; only what is asked afterwards is timed by the caller
_IDLE_SECONDS = 60.0  # a child leaves after this long without a question


class Late(Exception):
    """No answer in time: the child has been killed."""


class Spent(Exception):
    """The child has used up the processor time of a question, and is gone."""


class Died(Exception):
    """The child ended over the question, e.g. for want of memory."""


class Child:
    """One process of `python -m MODULE`, started when first asked, killed when it is late. Safe to share by threads.

    With `processor_seconds` each question has that much of processor time, however busy the machine is.
    """

    def __init__(self, module: str, processor_seconds: float | None = None) -> None:
        self._command = [sys.executable, "-m", module]
        if processor_seconds is not None:
            self._command.append(str(processor_seconds))
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._of_pid = 0

    def start(self) -> None:
        """Start the process unless it runs already. Raises Late or Died."""
        with self._lock:
            try:
                self._running()
            except BaseException:
                self.stop()
                raise

    def ask(self, line: str, seconds: float) -> str:
        """The answer to one line. Raises Late, Spent or Died."""
        if not self._lock.acquire(timeout=_START_SECONDS):
            raise Late
        try:
            return self._ask(line.encode() + b"\n", seconds)
        finally:
            self._lock.release()

    def _ask(self, line: bytes, seconds: float) -> str:
        had_one = self._process is not None
        try:
            process = self._running()
            return _exchange(process, line, time.monotonic() + seconds).decode()
        except Died:
            if self.stop() == -signal.SIGPROF:
                raise Spent from None
            if not had_one:
                raise
        except BaseException:  # late, or interrupted: what it still says would answer the next question
            self.stop()
            raise
        # One that had been idle may have left just as it was asked; a fresh one decides.
        return self._ask(line, seconds)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._of_pid == os.getpid() and self._process.poll() is None:
            return self._process
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=_ROOT,
        )
        self._of_pid = os.getpid()
        _exchange(self._process, b"", time.monotonic() + _START_SECONDS)
        return self._process

    def stop(self) -> int | None:
        """Kill the process, if there is one of this process's own; how it ended, less than 0 the signal."""
        process, self._process = self._process, None
        if process is None or self._of_pid != os.getpid():
            return None
        process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        return status


def _exchange(process: subprocess.Popen[bytes], line: bytes, deadline: float) -> bytes:
    """Write a line and read one, both at once: a pipe that is full on one side must not hold up the other."""
    stdin, stdout, answer = process.stdin, process.stdout, bytearray()
    if stdin is None or stdout is None:
        raise Died
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        if line and selector.select(0):
            raise Died  # it said something that nobody asked, or has ended
        if line:
            selector.register(stdin, selectors.EVENT_WRITE)
        while not answer.endswith(b"\n"):
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise Late
            for key, _ in ready:
                if key.fileobj is stdin:
                    line = line[_write(stdin.fileno(), line) :]
                    if not line:
                        selector.unregister(stdin)
                elif read := os.read(stdout.fileno(), 1 << 16):
                    answer += read
                    if b"\n" in read[:-1]:
                        raise Died  # one line is asked, one is answered
                else:
                    raise Died
    return bytes(answer)


def _write(descriptor: int, line: bytes) -> int:
    """Write what fits in the pipe now; a child that is gone takes all of it (its missing answer tells)."""
    try:
        return os.write(descriptor, line[:4096])
    except BrokenPipeError:
        return len(line)


def serve(answer: Callable[[str], str], memory: int) -> None:
    """Answer lines of standard input, in at most `memory` bytes, until nobody asks any more.

    The command line may say how many seconds of processor time a question has; the system ends this process then.
    What is printed meanwhile goes nowhere: a library may print, and that must never be taken for an answer.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0  # 0: no limit
    with _kept_for_answers() as answers, selectors.DefaultSelector() as selector:
        _say(answers, _READY)
        selector.register(sys.stdin.buffer, selectors.EVENT_READ)
        while selector.select(_IDLE_SECONDS) and (line := sys.stdin.buffer.readline()):
            signal.setitimer(signal.ITIMER_PROF, seconds)
            said = answer(line.decode()).encode()
            signal.setitimer(signal.ITIMER_PROF, 0)
            _say(answers, said + b"\n")


def _kept_for_answers() -> BinaryIO:
    """Standard output as it was, at another descriptor; at its own there is nothing from now on."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a text with half a character in it must not fail for being printed
    kept = os.dup(sys.stdout.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return os.fdopen(kept, "wb")


def _say(answers: BinaryIO, line: bytes) -> None:
    answers.write(line)
    answers.flush()
