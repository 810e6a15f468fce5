"""What must hold before anything is installed or started, each failure one sentence for the person at the terminal.

Standard library only: the installer runs it under the bare Python.
"""

import fcntl
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

LOCK_NAME = "supervisor.lock"


class SetupError(Exception):
    """Something the person at the terminal has to change; its text is the one line they are shown."""


@dataclass(frozen=True)
class Address:
    """Where the web server listens, and how a client on this machine reaches it."""

    host: str
    port: int

    @property
    def client_host(self) -> str:
        """The host to connect to: the loopback address when the server listens on every interface."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def url(self) -> str:
        """The address to open in a browser on this machine, without a slash at its end."""
        host = f"[{self.client_host}]" if ":" in self.client_host else self.client_host
        return f"http://{host}:{self.port}"


def var_folder() -> Path:
    """Where all state of `make run` is kept: SIGNALBOX_VAR, or `var/` in the checkout."""
    return Path(os.environ.get("SIGNALBOX_VAR") or ROOT / "var").absolute()


def read_address() -> Address:
    """SIGNALBOX_HOST and PORT from the environment; raises SetupError for a port that is none."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise SetupError(f"PORT={text} is not a port: give a number from 1 to 65535.")
    return Address(os.environ.get("SIGNALBOX_HOST") or "127.0.0.1", int(text))


def check_port(address: Address) -> None:
    """Raises SetupError if nothing can listen at the address now."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            # A bind alone passes while another process, bound with SO_REUSEPORT or to a wider address, is listening.
            probe.listen(1)
    except OSError as error:
        where = f"{address.host}:{address.port}"
        raise SetupError(
            f"Cannot listen on {where} ({error.strerror}): choose another with PORT=8001 make run."
        ) from None


def check_writable(*folders: Path) -> None:
    """Raises SetupError if one of the folders that exist cannot be written."""
    for folder in folders:
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            raise SetupError(f"The folder {folder} cannot be written: use a checkout of your own.")


def make_private(folder: Path) -> Path:
    """Make the folder if it is missing and keep it to its owner (0700); raises SetupError if that cannot be done."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise SetupError(f"The folder {folder} cannot be made or kept private: {error.strerror}.") from None
    return folder


def lock(var: Path) -> IO[str]:
    """Hold the one lock of this state folder; it is let go when the last process that inherited it has ended.

    Raises SetupError if a supervisor holds it already.
    """
    file = (var / LOCK_NAME).open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise SetupError(f"Signalbox is already running on {var}: stop that one first.") from None
    return file
