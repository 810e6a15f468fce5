"""atheris on the parser, checker, chooser and tracer, ten minutes in all: whatever they are given, they answer."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS_EACH = 150

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(SECONDS_EACH + 120),
    pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris comes with make test-long alone"),
]


@pytest.mark.parametrize("subject", ["parse", "check", "choose", "trace"])
def test_whatever_is_given_there_is_an_answer(subject: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", f"tests.fuzz.fuzz_{subject}", f"-max_total_time={SECONDS_EACH}"]
    ran = subprocess.run(
        [*command, f"-artifact_prefix={tmp_path}/"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-4_000:]
