"""One life of the stack: start it in order, say when it is ready, keep it running, stop it in order."""

import asyncio
import contextlib
import signal
from collections.abc import Callable

from controlplane.embedded.preflight import Address
from controlplane.embedded.prepare import MIGRATED, NOT_DEPLOYED
from controlplane.embedded.stack import Stack
from controlplane.embedded.supervisor import GivenUpError, Program, Supervisor
from controlplane.embedded.terminal import say, say_how_to_sign_in

STOP_WITHIN_S = 8.0


async def run(stack: Stack, address: Address, ready: Callable[[], None]) -> int:
    """Run until SIGTERM or SIGINT (0) or until something cannot be kept running (1); calls `ready` once when all is."""
    supervisor = Supervisor()
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    work = asyncio.create_task(_work(supervisor, stack, address, ready))
    stop = asyncio.create_task(asked.wait())
    await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        say(f"{work.exception()} Stopping.")
    else:
        say("stopping ...")
    work.cancel()
    await supervisor.stop(_names(stack.serving), _names(stack.backing), within_s=STOP_WITHIN_S)
    return 1 if work.done() and not work.cancelled() else 0


async def _work(supervisor: Supervisor, stack: Stack, address: Address, ready: Callable[[], None]) -> None:
    """Bring everything up and stay; raises GivenUpError."""
    for program in stack.backing:
        supervisor.keep(program)
    start = asyncio.create_task(_start(supervisor, stack, address, ready))
    trouble = asyncio.create_task(supervisor.trouble())
    try:
        await asyncio.wait((start, trouble), return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()
        await trouble
    finally:
        start.cancel()
        trouble.cancel()


async def _start(supervisor: Supervisor, stack: Stack, address: Address, ready: Callable[[], None]) -> None:
    def hear(line: str) -> None:
        if line == MIGRATED:
            for program in stack.serving:
                supervisor.keep(program)

    status = await supervisor.run(stack.setup, hear)
    if status == NOT_DEPLOYED:
        say(f"it runs at {address.url}, but not everything could be deployed: see the lines above.")
        say_how_to_sign_in(stack.credentials)
        return
    if status:
        raise GivenUpError("The database could not be prepared: see the lines above.")
    while not await _answers(address):
        await asyncio.sleep(0.05)
    ready()


async def _answers(address: Address) -> bool:
    """Whether GET /readyz is answered with 200."""
    with contextlib.suppress(OSError, TimeoutError, ValueError):
        reader, writer = await asyncio.open_connection(address.client_host, address.port)
        try:
            request = (
                f"GET /readyz HTTP/1.1\r\nHost: {address.url.removeprefix('http://')}\r\nConnection: close\r\n\r\n"
            )
            writer.write(request.encode())
            status_line = await asyncio.wait_for(reader.readline(), 5)
            return status_line.split()[1:2] == [b"200"]
        finally:
            writer.close()
    return False


def _names(programs: tuple[Program, ...]) -> tuple[str, ...]:
    return tuple(program.name for program in programs)
