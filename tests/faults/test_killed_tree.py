"""kill -9 of all that `make run` started, or of its embedded AWS alone, under load: every transaction ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controlplane.embedded.ports import free_port

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
COUNT = 60
PURCHASE = {"TransactionType": "PURCHASE", "CustomerId": "C-1", "Amount": 1}
INTERRUPTED = "EmbeddedAws.Stopped"


@dataclass
class Tree:
    """One installation, started as `make run` starts it."""

    var: Path
    process: "subprocess.Popen[bytes]"
    note: dict[str, Any]
    """What it tells about itself once it is ready."""

    def ask(self, path: str, body: Any = None) -> Any:
        """One request to the API."""
        headers = {
            "Authorization": f"Bearer {self.note['api_token']}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.note['url']}/api/v1/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def submit(self) -> str:
        """A transaction accepted; its id."""
        return str(self.ask("transactions", {"workflow": "transaction-processor", "input": PURCHASE})["id"])

    def read(self, ids: list[str]) -> list[dict[str, Any]]:
        """Each transaction as the API tells it."""
        return [self.ask(f"transactions/{one}") for one in ids]

    def outcomes(self, ids: list[str]) -> Counter[str]:
        """How many are in which status."""
        return Counter(row["status"] for row in self.read(ids))

    def kill(self) -> None:
        """SIGKILL to every process of it."""
        for pid in [self.process.pid, *below(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def kill_aws(self) -> None:
        """SIGKILL to the embedded AWS alone: the server, above the processes that it has split off."""
        pid = next(pid for pid in below(self.process.pid) if b"embedded/aws/server.py" in command(pid))
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Tree]]:
    started: list[Tree] = []
    var = tmp_path / "var"
    var.mkdir(mode=0o700)
    for name in ("static", "node"):
        if (ROOT / "var" / name).exists():
            (var / name).symlink_to(ROOT / "var" / name)
    port = str(free_port())

    def begin() -> Tree:
        environ = {**os.environ, "SIGNALBOX_VAR": str(var), "PORT": port, "SIGNALBOX_LEASE_SECONDS": "5"}
        command = [sys.executable, "-m", "controlplane.embedded"]
        tree = Tree(var, subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL), {})
        started.append(tree)
        until((var / "signalbox.json").exists)
        tree.note = json.loads((var / "signalbox.json").read_text())
        return tree

    yield begin
    for tree in started:
        if tree.process.poll() is None:
            tree.process.send_signal(signal.SIGTERM)
            tree.process.wait(timeout=30)


class Clients:
    """People who submit without a pause, and keep the ids they were told."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._submit, daemon=True) for _ in range(4)]
        self.ids: list[str] = []
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[str]:
        """No more; the ids of all that was acknowledged."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self.ids

    def _submit(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):  # nobody answers: it was not acknowledged
                self.ids.append(self._tree.submit())


@pytest.mark.parametrize("killed", ["everything", "the embedded AWS"])
def test_every_transaction_comes_to_its_end(start: Callable[[], Tree], killed: str) -> None:
    tree = start()
    clients = Clients(tree)
    until(lambda: len(clients.ids) >= COUNT)
    if killed == "everything":
        tree.kill()
        ids = clients.stop()
        (tree.var / "signalbox.json").unlink(missing_ok=True)  # nobody was left to remove it
        tree = start()
    else:
        tree.kill_aws()
        until(lambda: len(clients.ids) >= 2 * COUNT)
        ids = clients.stop()
    until(lambda: set(tree.outcomes(ids)) <= {"succeeded", "failed"}, 240)

    rows = tree.read(ids)
    outcomes = Counter(row["status"] for row in rows)
    told = f"{killed} killed: {len(ids)} accepted == {outcomes.total()} final, {dict(outcomes)}"
    print(told)  # noqa: T201 - with -s, the equation
    failed = [row for row in rows if row["status"] == "failed"]
    assert {row["error"] for row in failed} <= {INTERRUPTED}
    assert all("was stopped or killed" in row["cause"] for row in failed)
    assert set(ids) <= {json.loads(line).get("name") for line in ledger(tree).splitlines()}
    again = tree.submit()
    until(lambda: tree.outcomes([again])["succeeded"])


def ledger(tree: Tree) -> str:
    return (tree.var / "embedded-aws" / "state" / "executions.jsonl").read_text()


def until(is_so: Callable[[], Any], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def below(pid: int) -> list[int]:
    """Every process below one."""
    with suppress(OSError):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
        return [*children, *(inner for child in children for inner in below(child))]
    return []


def command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
