"""The Makefile's targets do what they are named for."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A benchmark is a module that prints its figures when it is run; the others are parts of these.
BENCHES = sorted(path.stem for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text())


def recipe(target: str) -> str:
    """What `make` would do."""
    command = ["make", "--dry-run", target]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", [name for name in BENCHES if name != "drain_process"])
def test_each_benchmark_is_run_by_its_target_and_by_that_of_all(name: str) -> None:
    run = f"-m bench.{name}\n"
    assert run in recipe(f"bench-{name}")
    assert run in recipe("bench")
