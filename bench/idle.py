"""Memory of all that `make run` starts, at rest (PERF-8): the sum of what each process holds (PSS). `make bench-idle`.

Starts a tree of its own in a temporary folder, waits until it is ready and has been idle for a while, and stops it.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from controlplane.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
IDLE_SECONDS = 20
GOAL = "<= 600 MB, aim 450"


def main() -> None:
    """Print the memory of each process and of the tree, and how long it took to be ready."""
    with tempfile.TemporaryDirectory(prefix="signalbox-idle-") as folder:
        var = Path(folder) / "var"
        var.mkdir(mode=0o700)
        _share_installation(var)
        process, seconds = _started(var)
        try:
            time.sleep(IDLE_SECONDS)
            held = sorted(((_pss(pid), _name(pid)) for pid in _tree(process.pid)), reverse=True)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
    for size, name in held:
        print(f"{size:7.1f} MB  {name}")
    print(f"ready in {seconds:.1f} s\nvalue {seconds:.1f} s")
    print(f"idle memory of the tree (goal {GOAL})\nvalue {sum(size for size, _ in held):.0f} MB")


def _share_installation(var: Path) -> None:
    """What `make install` brought is used from where it is; rows and keys are made anew."""
    for name in ("embedded-aws", "static", "node"):
        if (ROOT / "var" / name).exists() and name != "embedded-aws":
            (var / name).symlink_to(ROOT / "var" / name)
    (var / "embedded-aws").mkdir()
    (var / "embedded-aws" / "venv").symlink_to(ROOT / "var" / "embedded-aws" / "venv")


def _started(var: Path) -> tuple[subprocess.Popen[bytes], float]:
    port = free_port()
    environ = {**os.environ, "SIGNALBOX_VAR": str(var), "PORT": str(port)}
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "controlplane.embedded"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL
    )
    while not (var / "signalbox.json").exists():
        if process.poll() is not None or time.monotonic() - begun > 120:
            sys.exit("`make run` did not become ready.")
        time.sleep(0.1)
    return process, time.monotonic() - begun


def _tree(pid: int) -> list[int]:
    """A process and everything below it."""
    children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
    return [pid, *(inner for child in children for inner in _tree(child))]


def _children(task: Path) -> list[str]:
    return (task / "children").read_text().split()


def _pss(pid: int) -> float:
    """Megabytes."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return " ".join(Path(word).name if word.startswith("/") else word for word in words)[:90]


if __name__ == "__main__":
    main()
