"""What can be said against a definition: one problem, its place and what to do. Knows no rule of the language.

A place is a JSON pointer not written out yet: most of a document has no problem, and one pointer may be as long as the
document, so readers carry places and only a problem has its pointer written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning"]
Place = tuple[()] | tuple["Place", str | int]  # what lies around it, and its name or index in that
TOP: Place = ()
UNREACHED = "UNREACHABLE_STATE"  # mostly for what else is wrong
Kept = Mapping[str, Any]  # a problem as rows keep it


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: AWS refuses a definition with an error; a warning is advice of ours.

    `path` is a JSON pointer (RFC 6901); `line` and `column` count from 1, 0 where there is no text.
    """

    severity: Severity
    code: str
    path: str
    message: str
    line: int = 0
    column: int = 0

    @property
    def is_error(self) -> bool:
        """Whether AWS would refuse the definition for it."""
        return self.severity == "error"

    def at(self, line: int, column: int) -> "Problem":
        """The same problem with its place in the text."""
        return replace(self, line=line, column=column)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as commands print and rows keep them."""
        return {
            "severity": self.severity,
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "line": self.line,
            "column": self.column,
        }


def parted(found: Iterable[Kept]) -> tuple[list[Kept], list[Kept]]:
    """Problems, and apart from them what may only follow: states that are not reached while something else is wrong."""
    everything = list(found)
    causes = [problem for problem in everything if problem.get("code") != UNREACHED]
    if not any(problem["severity"] == "error" for problem in causes):
        return everything, []
    return causes, [problem for problem in everything if problem.get("code") == UNREACHED]


def pointer(*names: str | int, under: str = "") -> str:
    """The JSON pointer of what lies under a pointer by these member names and indexes."""
    return under + "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


def pointer_of(place: Place) -> str:
    """A place written out."""
    return pointer(*names_of(place))


def below(place: Place, *names: str | int) -> Place:
    """The place of what lies under another by these member names and indexes."""
    for name in names:
        place = (place, name)
    return place


def names_of(place: Place) -> list[str | int]:
    """The member names and indexes that lead to a place, from the top."""
    names = []
    while place:
        place, name = place
        names.append(name)
    return names[::-1]
