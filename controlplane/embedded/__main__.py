"""`make run`: checks, then the stack under its guardian, until Ctrl-C. Imports neither Django nor Celery."""

import shutil
import sys
import tempfile
from pathlib import Path

from controlplane.embedded import guardian, preflight
from controlplane.embedded.installation import Installation, open_installation
from controlplane.embedded.preflight import Address, SetupError
from controlplane.embedded.terminal import say, say_how_to_sign_in

LONGEST_SOCKET_PATH = 107
"""Bytes a unix socket's address can hold, on Linux."""


def main() -> int:
    """Run until told to stop; 0, or 1 after one line on what is wrong."""
    try:
        address = preflight.read_address()
        var = preflight.make_private(preflight.var_folder())
        preflight.check_writable(var)
        with preflight.lock(var):
            preflight.check_port(address)
            return _run(open_installation(var, address), address)
    except SetupError as problem:
        print(f"Signalbox: {problem}", file=sys.stderr)
    except OSError as error:
        print(f"Signalbox: {error.strerror}: {error.filename}", file=sys.stderr)
    return 1


def _run(installation: Installation, address: Address) -> int:
    installation.note.unlink(missing_ok=True)
    sockets = _socket_folder()

    def work() -> int:
        # Imported here so that the guardian, which only waits, stays small.
        import asyncio

        from controlplane.embedded.run import run
        from controlplane.embedded.stack import build_stack

        def ready() -> None:
            installation.write_note(address)
            say(f"ready at {address.url}")
            say_how_to_sign_in(installation.note)

        return asyncio.run(run(build_stack(installation, address, sockets), address, ready))

    def clean_up() -> None:
        installation.note.unlink(missing_ok=True)
        shutil.rmtree(sockets, ignore_errors=True)

    return guardian.guard(work, clean_up)


def _socket_folder() -> Path:
    """A new folder for unix sockets, the owner's alone; under /tmp when the usual place has too long a name."""
    folder = Path(tempfile.mkdtemp(prefix="signalbox-"))
    if len(str(folder / "valkey.sock")) <= LONGEST_SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="signalbox-", dir="/tmp"))


if __name__ == "__main__":
    sys.exit(main())
