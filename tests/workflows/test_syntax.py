"""The syntax of a function's Python: read, never run, and doubted where the runtime is newer than ours."""

import sys
from pathlib import Path

import pytest

from workflows import packaging, sources, syntax
from workflows.children import Child

OURS = f"python3.{sys.version_info.minor}"
NEWER = f"python3.{sys.version_info.minor + 1}"
HANDLER = "handler.handler"


def messages(*files: tuple[str, bytes], runtime: str = OURS, handler: str = HANDLER) -> dict[str, str]:
    return {one.path: one.message for one in syntax.of_files(runtime, handler, files)}


def test_a_problem_names_its_file_line_and_column() -> None:
    [found] = syntax.of_files(OURS, HANDLER, [("handler.py", b"x = 1\ndef broken(:\n"), ("other.py", b"y = 2\n")])
    assert (found.path, found.line, found.column, found.severity) == ("handler.py", 2, 12, "warning")
    assert found.message == "Invalid syntax."


def test_what_a_newer_python_may_take_is_said_to_be_in_doubt() -> None:
    assert "knows syntax that came later" in messages(("handler.py", b"def f(:\n"), runtime=NEWER)["handler.py"]


def test_read_are_the_handler_s_file_and_those_at_the_top() -> None:
    bad = b"def f(:\n"
    files = [("handler.py", b"1\n"), ("a.py", bad), ("library/b.py", bad), ("src/app.py", bad), ("c.txt", bad)]
    assert set(messages(*files)) == {"a.py"}
    assert set(messages(*files, handler="src/app.handler")) == {"a.py", "src/app.py"}
    assert not messages(*files, runtime="nodejs22.x")


def test_nothing_of_it_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    code = f"open({str(trace)!r}, 'w')\n".encode()
    assert not messages(("handler.py", code))
    assert not trace.exists()


@pytest.mark.parametrize("hostile", [b"(" * 5_000, b"-" * 200_000 + b"1", b"{" * 90, b"a\0b", b"\xe9 = 1\n"])
def test_what_would_end_a_compiler_is_a_problem_of_that_file_alone(hostile: bytes) -> None:
    found = messages(("bad.py", hostile), ("handler.py", b"def f(:\n"))
    assert set(found) == {"bad.py", "handler.py"}
    assert found["handler.py"] == "Invalid syntax."


def test_what_takes_too_long_is_said_and_the_last_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "_child", Child("workflows.python_child", 0.02))
    slow = b"x = (" + b"1, " * 80_000 + b")\n"
    found = messages(("handler.py", slow), ("next.py", b"def f(:\n"))
    assert found == {"handler.py": "It could not be read in time, so its syntax is not checked."}


def test_no_more_than_a_megabyte_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "LARGEST_IN_ALL", 20)
    assert set(messages(("a.py", b"def f(:\n"), ("b.py", b"def g(:\n"), ("c.py", b"def h(:\n"))) == {"a.py", "b.py"}


def test_a_package_s_problems_are_as_a_revision_keeps_them() -> None:
    assert syntax.LARGEST >= sources.LARGEST
    files = [("handler.py", b"return 1\n", False), ("long.py", b"(" * (syntax.LARGEST + 1), False)]
    package = packaging.zip_of(files)
    [found] = syntax.of_package(OURS, HANDLER, package.content)
    assert found == {
        "path": "handler.py",
        "message": "'return' outside function.",
        "line": 1,
        "column": 1,
        "severity": "warning",
    }
