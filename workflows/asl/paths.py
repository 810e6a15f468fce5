"""JSONPath as Step Functions reads it: `$` the input, `$$` the context object, `$name` a variable.

Definite paths (names and indexes) are walked here; `workflows.asl.queries` answers the others. It is imported where
it is asked: its library is not there in the embedded AWS, which calls intrinsic functions with paths of its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

LONGEST = 4_096

Root = Literal["input", "context", "variable"]

_HEAD = re.compile(r"\$\$|\$(?P<name>[^\W\d]\w*)?")
_STEP = re.compile(
    r"""\.(?P<dotted>[^\s.\[\]()*'"?,]+)                    # .name, with signs like : and @ as AWS takes it
      | \.?\[\s*(?P<index>-?\d+)\s*\]                      # [0], and .[0] as AWS takes it
      | \.?\[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]         # ['name']
      | \.?\[\s*"(?P<double>(?:[^"\\]|\\.)*)"\s*\]         # ["name"]
    """,
    re.VERBOSE,
)
# Taken by AWS, not by RFC 9535; what is in quotation marks stays as it is.
_DOT_BEFORE_BRACKET = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<!\.)\.(?=\[)""")
# A name with such signs in a path that leads to several values: the library wants it in brackets.
_SIGNED_NAME = re.compile(
    r"""(?P<brackets>\[[^\[\]]*\])|(?P<dots>\.{1,2})(?P<name>[^\s.\[\]()*'"?,]*[:@$][^\s.\[\]()*'"?,]*)"""
)
_FUNCTION_CALL = re.compile(r"\.(min|max|avg|stddev|length|sum|concat|keys|append|first|last|index)\(.*\)\s*$")


class PathSyntaxError(ValueError):
    """The text is no path that is read here; `offset` is where it stops being one.

    `is_beyond_us`: it is of a kind that AWS reads all the same.
    """

    def __init__(self, message: str, offset: int = 0, *, is_beyond_us: bool = False) -> None:
        super().__init__(message)
        self.message, self.offset, self.is_beyond_us = message, offset, is_beyond_us


class Missing(LookupError):
    """The path leads to nothing in what it was asked of."""


class TooMuch(Missing):
    """Looking for what the path leads to would take too long, so nobody looks."""


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `steps` are the names and indexes it begins with, all of it when it is definite.

    Else `query`, which is the whole path, finds any number of values.
    """

    text: str
    root: Root
    variable: str
    steps: tuple[str | int, ...]
    query: Any = None

    @property
    def is_definite(self) -> bool:
        """Leads to one value at most."""
        return self.query is None


@lru_cache(maxsize=4_096)
def parse(text: str) -> Path:
    """Read a path. Raises PathSyntaxError."""
    if len(text) > LONGEST:
        raise PathSyntaxError(f"A path has at most {LONGEST:,} characters.", LONGEST)
    head = _HEAD.match(text)
    if head is None:
        raise PathSyntaxError("A path begins with $.")
    root: Root = "context" if head[0] == "$$" else "variable" if head["name"] else "input"
    steps, end = _steps(text, head.end())
    if end == len(text):
        return Path(text, root, head["name"] or "", steps)
    return Path(text, root, head["name"] or "", steps, _query(text, head.end()))


def parse_reference(text: str) -> Path:
    """Read a reference path: one that names exactly one place. Raises PathSyntaxError."""
    path = parse(text)
    if not path.is_definite:
        raise PathSyntaxError("A reference path has only names and indexes: no *, .., :, ? or functions.")
    return path


def find(path: Path, input: Any, variables: Mapping[str, Any], context: Any) -> Any:
    """The value a path leads to; for one that is not definite, the list of all it finds. Raises Missing."""
    start = _start(path, input, variables, context)
    if path.query is None:
        return _walk(start, path.steps)
    return _search(path.query, start)


def begins(path: Path, input: Any, variables: Mapping[str, Any], context: Any) -> bool:
    """Whether what a path names before it searches is there: `$.items` of `$.items[*].id`."""
    try:
        _walk(_start(path, input, variables, context), path.steps)
    except Missing:
        return False
    return True


def _start(path: Path, input: Any, variables: Mapping[str, Any], context: Any) -> Any:
    if path.root == "input":
        return input
    if path.root == "context":
        return context
    if path.variable not in variables:
        raise Missing(path.text)
    return variables[path.variable]


def _walk(value: Any, steps: tuple[Any, ...]) -> Any:
    for step in steps:
        if not _has(value, step):
            raise Missing(step)
        value = value[step]
    return value


def _has(value: Any, step: Any) -> bool:
    if isinstance(step, str):
        return isinstance(value, Mapping) and step in value
    return isinstance(value, list) and -len(value) <= step < len(value)


def _search(query: Any, start: Any) -> list[Any]:
    from workflows.asl import bounds, queries

    if not isinstance(start, Mapping | list):
        return []
    try:
        return queries.find_all(query, start)
    except bounds.TooMuch:
        raise TooMuch("too much to look through") from None


def _steps(text: str, at: int) -> tuple[tuple[str | int, ...], int]:
    """The names and indexes from `at` on, and where they end."""
    steps: list[str | int] = []
    while found := _STEP.match(text, at):
        if found["index"] is not None:
            steps.append(int(found["index"]))
        else:
            name = (
                found["dotted"] if found["dotted"] is not None else _unescape(found["single"] or found["double"] or "")
            )
            steps.append(name)
        at = found.end()
    return tuple(steps), at


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _query(text: str, at: int) -> Any:
    from workflows.asl import queries

    if _FUNCTION_CALL.search(text):
        raise PathSyntaxError("JSONPath functions are not taken here.", at, is_beyond_us=True)
    plain = _SIGNED_NAME.sub(_in_brackets, _DOT_BEFORE_BRACKET.sub(r"\1", text[at:]))
    try:
        return queries.compile_query(f"${plain}")
    except queries.QueryProblem as problem:
        raise PathSyntaxError(str(problem), at, is_beyond_us=isinstance(problem, queries.BeyondUs)) from problem


def _in_brackets(found: re.Match[str]) -> str:
    if found["brackets"]:
        return found[0]
    return f"{'..' if found['dots'] == '..' else ''}['{found['name']}']"
