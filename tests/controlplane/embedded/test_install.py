"""What make targets need is brought once, and failures are one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.embedded import install
from controlplane.embedded.install import Part
from controlplane.embedded.preflight import ROOT, SetupError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout."""
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "LOG", tmp_path / "var" / "log")
    return tmp_path


class Counted:
    """A part that counts how often it was made."""

    def __init__(self, project: Path) -> None:
        self.source = project / "source"
        self.source.write_text("one")
        self.product = project / "product"
        self.count = 0
        self.part = Part("making it", self.product, project / "stamp", (self.source,), self._make)

    def _make(self) -> None:
        self.count += 1
        self.product.touch()


def test_nothing_is_made_twice(project: Path) -> None:
    counted = Counted(project)
    for _ in range(3):
        counted.part.bring()
    assert counted.count == 1


def test_it_is_made_again_when_its_input_has_other_content(project: Path) -> None:
    counted = Counted(project)
    counted.part.bring()
    counted.source.touch()
    counted.part.bring()
    assert counted.count == 1
    counted.source.write_text("two")
    counted.part.bring()
    assert counted.count == 2


def test_it_is_made_again_when_its_product_is_gone(project: Path) -> None:
    counted = Counted(project)
    counted.part.bring()
    counted.product.unlink()
    counted.part.bring()
    assert counted.count == 2


def test_what_failed_half_way_is_made_again(project: Path) -> None:
    counted = Counted(project)
    counted.product.touch()
    part = Part("making it", counted.product, project / "stamp", (), lambda: _fail("no"))
    with pytest.raises(SetupError):
        part.bring()
    assert not (project / "stamp").exists()


def _fail(reason: str) -> None:
    raise SetupError(reason)


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ("WARNING: Retrying: NewConnectionError\nERROR: none", "no package index answers. Is there a network?"),
        ("npm error code EAI_AGAIN", "no package index answers. Is there a network?"),
        ("ensurepip is not available", "install its venv package"),
        ("ERROR: hashes do not match\nnote: look here", "The step 'it' failed: ERROR: hashes do not match"),
        ("", "The step 'it' failed: it said nothing"),
    ],
)
def test_a_command_that_fails_is_one_line_and_its_output_is_kept(project: Path, printed: str, line: str) -> None:
    with pytest.raises(SetupError) as raised:
        install._call("it", [sys.executable, "-c", f"print({printed!r}); raise SystemExit(1)"])
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)
    assert (project / "var" / "log" / "it.log").read_text().strip() == printed


def test_a_failure_ends_what_is_brought_at_the_same_time(project: Path) -> None:
    slow = Part("one", project / "one", project / "s1", (), lambda: install._call("one", ["sleep", "60"]))
    fails = Part("two", project / "two", project / "s2", (), lambda: _fail("no network"))
    with pytest.raises(SetupError, match="no network"):
        install._together(slow, fails)
    install._stopping.clear()


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python3"])
def test_a_python_that_does_not_do_is_one_line(python: str) -> None:
    done = subprocess.run(
        ["make", "run", f"PYTHON={python}"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("make")]
    assert done.returncode != 0
    assert len(said) == 1
    assert f"{python} is none" in said[0]
