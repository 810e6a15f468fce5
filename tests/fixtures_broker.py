"""A real Valkey server as a fixture."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The address of a Valkey server."""
    with run_valkey() as address:
        yield address


@contextmanager
def run_valkey() -> Iterator[str]:
    """A Valkey server on a unix socket, until the block ends; the socket's path has to be short."""
    with tempfile.TemporaryDirectory(prefix="sb-vk-") as folder:
        path = f"{folder}/s"
        options = ("--port", "0", "--unixsocket", path, "--save", "", "--dir", folder)
        process = subprocess.Popen(
            [sys.executable, "-m", "controlplane.embedded.valkey", *options], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        end = time.monotonic() + 30
        while not Path(path).exists():
            assert time.monotonic() < end, "Valkey did not start"
            time.sleep(0.02)
        try:
            yield f"unix://{path}?db=0"
        finally:
            process.terminate()
            process.wait()
