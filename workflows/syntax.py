"""What is wrong with the syntax of a function's Python, as far as the Python at hand can tell; nothing of it is run.

Read are the files at the top of a package and the handler's: what lies in folders is mostly libraries of others. Other
languages are not read. The compiler cannot be stopped, so it works in a child process: `workflows.python_child`.
"""

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from workflows import runtimes
from workflows.children import Child, Died, Late, Spent

MOST_FILES = 30
LARGEST = 512 * 1024  # of a file: whatever a page can hold is read
LARGEST_IN_ALL = 1024 * 1024
_SECONDS = 2.0  # of processor time, for a file
_LATEST = 10.0
OURS = f"Python {sys.version_info.major}.{sys.version_info.minor}"

_child = Child("workflows.python_child", _SECONDS)


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """Something the compiler does not take; `path` is the file's name."""

    path: str
    message: str
    line: int
    column: int
    severity: Literal["warning"] = "warning"

    def as_dict(self) -> dict[str, Any]:
        """As kept with a revision."""
        return asdict(self)


def is_read(runtime: str) -> bool:
    """Whether files of this runtime are read at all."""
    return runtimes.family(runtime) == "python"


def of_package(runtime: str, handler: str, package: bytes) -> list[dict[str, Any]]:
    """The problems of a zip that may be taken, as kept with a revision."""
    if not is_read(runtime):
        return []
    archive = zipfile.ZipFile(io.BytesIO(package))
    small = (one for one in archive.infolist() if one.file_size <= LARGEST)
    wanted = [one for one in small if _is_own(one.filename, runtime, handler)][:MOST_FILES]
    files = ((one.filename, archive.read(one)) for one in wanted)
    return [problem.as_dict() for problem in of_files(runtime, handler, files)]


def of_files(runtime: str, handler: str, files: Iterable[tuple[str, bytes]]) -> Iterator[SyntaxProblem]:
    """The problems of files by name, one each: behind the first one a compiler only guesses.

    No more are read than somebody waits for: a megabyte, and none after one that took too long.
    """
    if not is_read(runtime):
        return
    left = LARGEST_IN_ALL
    for name, content in files:
        if not _is_own(name, runtime, handler) or len(content) > min(LARGEST, left):
            continue
        left -= len(content)
        try:
            problem = _of(name, content, runtime)
        except (Late, Spent, Died):
            yield SyntaxProblem(name, "It could not be read in time, so its syntax is not checked.", 1, 1)
            return
        if problem:
            yield problem


def _is_own(name: str, runtime: str, handler: str) -> bool:
    return name.endswith(".py") and ("/" not in name or name in runtimes.MODULES["python"].wanted(handler))


def _of(name: str, content: bytes, runtime: str) -> SyntaxProblem | None:
    found = json.loads(_child.ask(json.dumps(content.decode("latin-1")), _LATEST))
    if found is None:
        return None
    message, line, column = found
    told = f"{message[:1].upper()}{message[1:].rstrip('.')}."
    return SyntaxProblem(name, f"{told}{_doubt(runtime)}", max(line, 1), max(column, 1))


def _doubt(runtime: str) -> str:
    """A newer Python may take what ours does not."""
    found = re.fullmatch(r"python3\.(\d+)", runtime)
    if found is None or int(found[1]) <= sys.version_info.minor:
        return ""
    return f" {OURS} says so, with which it was read; {runtime} knows syntax that came later."
