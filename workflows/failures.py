"""PURE: what a function of Lambda told of an error, in parts that people read."""

import json
from dataclasses import dataclass

LONGEST_TRACE = 200  # lines


@dataclass(frozen=True, slots=True)
class Failure:
    """What a function (or AWS in its place) said when it failed; `trace` is its stack, line by line."""

    type: str
    message: str
    trace: tuple[str, ...]

    @property
    def stack(self) -> str:
        """The trace as one text."""
        return "\n".join(self.trace)


def read_failure(text: str) -> Failure:
    """An error as Lambda tells it: Python's `stackTrace` and Node's `trace` alike. What is none is a message alone."""
    try:
        told = json.loads(text)
    except ValueError:
        told = text
    if not isinstance(told, dict) or "errorMessage" not in told:
        return Failure("Error", told if isinstance(told, str) else text, ())
    lines = told.get("stackTrace") or told.get("trace") or []
    trace = [str(line).rstrip("\n") for line in lines] if isinstance(lines, list) else [str(lines)]
    return Failure(
        str(told.get("errorType") or "Error"), str(told.get("errorMessage") or ""), tuple(trace[:LONGEST_TRACE])
    )
