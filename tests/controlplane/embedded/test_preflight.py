"""What is checked before anything is started: each refusal is one sentence."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from controlplane.embedded import preflight
from controlplane.embedded.ports import free_port
from controlplane.embedded.preflight import ROOT, Address, SetupError

NOBODY = 65534


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "8000.5", "٨٠٠٠"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(SetupError, match=f"PORT={text} is not a port"):
        preflight.read_address()


def test_the_address_is_8000_on_loopback_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.delenv("SIGNALBOX_HOST", raising=False)
    assert preflight.read_address() == Address("127.0.0.1", 8000)
    monkeypatch.setenv("PORT", "81")
    monkeypatch.setenv("SIGNALBOX_HOST", "0.0.0.0")
    assert preflight.read_address().url == "http://127.0.0.1:81"


def test_an_address_of_version_6_is_written_in_brackets() -> None:
    assert Address("::", 81).url == "http://[::1]:81"


@pytest.mark.parametrize("bound_to", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_refused(bound_to: str) -> None:
    with socket.socket() as other:
        other.bind((bound_to, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupError, match=f"Cannot listen on 127.0.0.1:{port} .*PORT="):
            preflight.check_port(Address("127.0.0.1", port))


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SetupError, match="Cannot listen on"):
        preflight.check_port(Address("203.0.113.1", free_port()))


def test_the_state_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = preflight.make_private(tmp_path / "a" / "var")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_where_the_state_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with pytest.raises(SetupError, match="cannot be made or kept private"):
        preflight.make_private(tmp_path / "var")


def test_one_supervisor_per_state_folder(tmp_path: Path) -> None:
    with preflight.lock(tmp_path), pytest.raises(SetupError, match="already running"):
        preflight.lock(tmp_path)
    preflight.lock(tmp_path).close()


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        assert _refusal_as_nobody(folder) == f"The folder {folder} cannot be written: use a checkout of your own."


def _refusal_as_nobody(folder: Path) -> str:
    """What a person without special rights is told: to the superuser every folder is writable."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(NOBODY)
            preflight.check_writable(folder)
        except Exception as problem:
            os.write(write_end, str(problem).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    os.waitpid(child, 0)
    with os.fdopen(read_end) as said:
        return said.read()


@pytest.mark.parametrize("quirk", ["port in use", "already running"])
def test_make_run_refuses_with_one_line_and_starts_nothing(tmp_path: Path, quirk: str) -> None:
    with socket.socket() as other, preflight.lock(tmp_path) as held:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        if quirk == "already running":
            other.close()
        else:
            held.close()
        done = subprocess.run(
            [sys.executable, "-m", "controlplane.embedded"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "SIGNALBOX_VAR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert ("Cannot listen on" if quirk == "port in use" else "already running on") in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["supervisor.lock"]
