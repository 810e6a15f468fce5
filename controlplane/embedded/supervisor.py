"""Keeps a set of programs running: starts, restarts with growing pauses, relays what they print, stops in order.

Knows nothing of what the programs are: that is `stack`.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from controlplane.embedded import guardian, terminal

STEADY_S = 5.0
"""A program that lived this long counts as having started."""
FAILED_STARTS = 5
"""After so many starts in a row that did not last, the supervisor gives up."""
FIRST_PAUSE_S = 0.2
"""How long before a program that ended is started again; doubled with each start that does not last."""
LONGEST_LINE = 16_384


class GivenUpError(Exception):
    """A program cannot be kept running; its text is one line for the person at the terminal."""


@dataclass(frozen=True)
class Program:
    """One child: its name in the log, its command and the whole of its environment.

    `after_restart` is run once each time this one had to be started again. Lines with one of `unsaid` in them are not
    worth a person's time and are not shown.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    after_restart: "Program | None" = None
    unsaid: tuple[str, ...] = ()


class Supervisor:
    """The programs that run now. One event loop, one instance."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changing = asyncio.Lock()
        self._stopping = False

    def keep(self, program: Program) -> None:
        """Start the program, and start it again whenever it ends, until `stop`."""
        self._begin(self._keep(program))

    async def run(self, program: Program, hear: Callable[[str], None] = lambda _: None) -> int:
        """Run the program once and return its exit status (negative: the signal); `hear` gets each line it prints."""
        async with self._changing:
            if self._stopping:
                return -signal.SIGTERM
            process, output = await _spawn(program)
            self._running[program.name] = process
        relay = asyncio.create_task(_relay(program, output, hear))
        status = await process.wait()
        async with self._changing:
            del self._running[program.name]
            self._end_orphans()
        # What it left behind is gone, so the last end of the pipe is closed, unless an orphan was faster than the look.
        await asyncio.wait([relay], timeout=1)
        relay.cancel()
        return status

    async def trouble(self) -> None:
        """Wait until a program cannot be kept running; raises GivenUpError."""
        await self._given_up

    async def stop(self, *phases: tuple[str, ...], within_s: float) -> None:
        """End the programs, phase by phase: SIGTERM to each, then SIGKILL to all that is left when the time is up."""
        self._stopping = True
        deadline = time.monotonic() + within_s
        everything_else = tuple(name for name in self._running if not any(name in phase for phase in phases))
        for place, names in enumerate((everything_else, *phases)):
            # Each phase leaves a share of the time to the ones after it.
            left = max(0.0, deadline - time.monotonic())
            share = left if place == len(phases) else left * 0.7
            await self._terminate([self._running[name] for name in names if name in self._running], share)
        guardian.end_descendants()

    async def _terminate(self, processes: list[asyncio.subprocess.Process], within_s: float) -> None:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(process.wait() for process in processes)), within_s)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, program: Program) -> None:
        failed = 0
        while not self._stopping:
            started_at = time.monotonic()
            try:
                status = await self.run(program)
            except OSError as error:
                self._give_up(f"{program.name} cannot be started: {error.strerror}: {error.filename}.")
                return
            if self._stopping:
                return
            failed = failed + 1 if time.monotonic() - started_at < STEADY_S else 0
            if failed >= FAILED_STARTS:
                self._give_up(f"{program.name} ended {failed} times right after its start ({_describe(status)}).")
                return
            pause = FIRST_PAUSE_S * 2**failed
            terminal.say(f"{program.name} ended ({_describe(status)}) and is started again in {pause:.1f} s.")
            await asyncio.sleep(pause)
            if program.after_restart and program.after_restart.name not in self._running:
                self._begin(self._run_to_end(program.after_restart))

    def _give_up(self, reason: str) -> None:
        if not self._given_up.done():
            self._given_up.set_exception(GivenUpError(reason))

    async def _run_to_end(self, program: Program) -> None:
        status = await self.run(program)
        if status and not self._stopping:
            terminal.say(f"{program.name} failed ({_describe(status)}).")

    def _end_orphans(self) -> None:
        """Kill what a program that ended has left: its orphans are this process's children now."""
        known = {process.pid for process in self._running.values()}
        for pid in guardian.children():
            if pid in known:
                continue
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


async def _spawn(program: Program) -> tuple[asyncio.subprocess.Process, IO[bytes]]:
    """Start the program in a session of its own; gives the process and the end of the pipe it prints into.

    The pipe is not asyncio's own: up to Python 3.12 a process has not ended for asyncio while any orphan holds one.
    """
    read_end, write_end = os.pipe()
    try:
        with guardian.births:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                cwd=program.folder,
                env=dict(program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                start_new_session=True,
            )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    return process, os.fdopen(read_end, "rb", buffering=0)


async def _relay(program: Program, output: IO[bytes], hear: Callable[[str], None]) -> None:
    """Print what the program prints, each line after its name; a line that does not end is cut."""
    stream = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(stream)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, output)
    with contextlib.closing(transport):
        rest = b""
        while chunk := await stream.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                _relay_line(program, line, hear)
        if rest:
            _relay_line(program, rest, hear)


def _relay_line(program: Program, raw: bytes, hear: Callable[[str], None]) -> None:
    line = raw.decode(errors="replace").rstrip()
    hear(line)
    if line and not any(words in line for words in program.unsaid):
        terminal.relay(program.name, line)


def _describe(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"
