"""What is wrong with a definition: where, how bad, and what to do about it."""

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `path` is a JSON pointer (RFC 6901); line and column count from 1, 0 where the text is not known."""

    severity: Severity
    code: str
    path: str
    message: str
    line: int = 0
    column: int = 0

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "severity": self.severity,
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "line": self.line,
            "column": self.column,
        }


def pointer(*parts: str | int) -> str:
    """A JSON pointer made of its parts."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
