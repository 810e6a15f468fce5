"""A real Valkey server as a fixture."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The address of a Valkey server on a unix socket; its path has to be short."""
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
        yield f"unix://{path}?db=0"
        process.terminate()
        process.wait()
