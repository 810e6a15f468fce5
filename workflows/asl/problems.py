"""What can be said against a definition: one problem, its place and what to do. Knows no rule of the language."""

from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning"]


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


def pointer(*names: str | int, under: str = "") -> str:
    """The JSON pointer of what lies under a pointer by these member names and indexes."""
    for name in names:
        under += "/" + str(name).replace("~", "~0").replace("/", "~1")
    return under
