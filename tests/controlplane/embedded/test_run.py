"""The supervisor and its guardian with tiny programs: what is started, kept, stopped, and left after a kill -9."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from controlplane.embedded.ports import free_port
from controlplane.embedded.preflight import ROOT


class Running:
    """A fake stack that runs in a process of its own."""

    def __init__(self, folder: Path, quirk: str) -> None:
        self.folder = folder
        self.note = folder / "note"
        self.output = folder / "output"
        command = [sys.executable, "-m", "tests.controlplane.embedded.fake_stack", str(folder), str(free_port()), quirk]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "MARK": str(folder)}, stdout=output, stderr=output
            )

    def log(self) -> list[str]:
        """What the programs wrote: "name what pid"."""
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []

    def pids(self, name: str) -> list[int]:
        """The processes that were started under this name, oldest first."""
        return [int(line.split()[-1]) for line in self.log() if line.startswith(f"{name} started")]

    def alive(self) -> list[int]:
        """Every process of this stack, however far it has moved: they carry its mark in their environment."""
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"MARK={self.folder}".encode() in environ.read_bytes():
                    found.append(int(environ.parent.name))
            except OSError:
                continue
        return sorted(found)

    def says(self, words: str) -> bool:
        """Whether its output has these words by now."""
        return words in self.output.read_text()


def eventually(is_so: Callable[[], object], within_s: float = 8) -> None:
    """Wait until it is so, or fail."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    """As in a terminal: whoever runs the tests under nohup has this signal ignored, and so has what they start."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start a fake stack; whatever is left of it is killed at the end."""
    started: list[Running] = []

    def begin(quirk: str = "", *, ready: bool = True) -> Running:
        running = Running(tmp_path, quirk)
        started.append(running)
        if ready:
            eventually(running.note.exists)
        return running

    yield begin
    for running in started:
        for pid in running.alive():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        running.process.wait()


def test_it_is_ready_when_the_web_server_answers_and_relays_lines_under_their_names(
    start: Callable[..., Running],
) -> None:
    running = start()
    assert running.says("aws    | hello\n")
    assert not running.says("not worth it")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_of_it_the_web_server_first(start: Callable[..., Running], number: signal.Signals) -> None:
    running = start()
    running.process.send_signal(number)
    assert running.process.wait(10) == 0
    assert not running.alive()
    assert not running.note.exists()
    ended = [line.split()[0] for line in running.log() if " ended " in line]
    assert ended == ["web", "aws"]


def test_under_nohup_a_hang_up_stops_nothing(start: Callable[..., Running]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    running = start()
    running.process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        running.process.wait(1)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0


def test_the_second_signal_kills_at_once_what_does_not_stop(start: Callable[..., Running]) -> None:
    running = start("stubborn")
    running.process.send_signal(signal.SIGINT)
    eventually(lambda: running.says("stopping"))
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(5) == 130
    assert time.monotonic() - began < 2
    assert not running.alive()


@pytest.mark.long
def test_what_does_not_stop_is_killed_in_time_for_ten_seconds(start: Callable[..., Running]) -> None:
    running = start("stubborn")
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(15)
    assert time.monotonic() - began < 9.5
    assert not running.alive()
    assert any(line.startswith("aws ended") for line in running.log()), "what it stands on had time to save its state"


@pytest.mark.skipif(sys.platform != "linux", reason="orphans can be adopted on Linux only")
@pytest.mark.parametrize("eldest", [True, False])
def test_nothing_is_left_after_a_kill_of_either_of_the_two(start: Callable[..., Running], *, eldest: bool) -> None:
    running = start("stubborn")
    guardian = running.process.pid
    supervisor = next(pid for pid in running.alive() if pid != guardian)
    os.kill(guardian if eldest else supervisor, signal.SIGKILL)
    eventually(lambda: not [pid for pid in running.alive() if pid != guardian or running.process.poll() is None], 4)
    eventually(lambda: not running.note.exists(), 1)


def test_a_program_that_is_killed_is_started_again(start: Callable[..., Running]) -> None:
    running = start()
    os.kill(running.pids("web")[0], signal.SIGKILL)
    eventually(lambda: len(running.pids("web")) == 2)
    assert running.says("web ended (killed by SIGKILL) and is started again in")
    assert len(running.pids("aws")) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="orphans can be adopted on Linux only")
def test_what_a_killed_program_leaves_behind_is_killed_before_it_is_started_again(
    start: Callable[..., Running],
) -> None:
    running = start("stubborn")
    far = int(next(line for line in running.log() if line.startswith("web child")).split()[2])
    os.kill(running.pids("web")[0], signal.SIGKILL)
    eventually(lambda: len(running.pids("web")) == 2)
    assert far not in running.alive()


def test_what_is_live_is_deployed_again_after_the_embedded_aws_was_restarted(start: Callable[..., Running]) -> None:
    running = start()
    assert not running.pids("deploy")
    os.kill(running.pids("aws")[0], signal.SIGKILL)
    eventually(lambda: len(running.pids("aws")) == 2 and len(running.pids("deploy")) == 1)


def test_it_gives_up_with_one_line_on_what_cannot_be_kept_running(start: Callable[..., Running]) -> None:
    running = start("broken", ready=False)
    assert running.process.wait(15) == 1
    assert running.says("web ended 5 times right after its start (exit status 7). Stopping.")
    assert len(running.pids("web")) == 5
    assert not running.alive()


def test_it_stays_up_but_is_not_ready_when_a_deployment_failed(start: Callable[..., Running]) -> None:
    running = start("undeployed", ready=False)
    eventually(lambda: running.says("not everything could be deployed"))
    eventually(lambda: running.says("the password is in"))
    assert running.process.poll() is None
    assert not running.note.exists()
    assert len(running.alive()) == 4


def test_it_stops_when_the_database_cannot_be_prepared(start: Callable[..., Running]) -> None:
    running = start("unprepared", ready=False)
    assert running.process.wait(15) == 1
    assert running.says("The database could not be prepared: see the lines above. Stopping.")
    assert not running.alive()
