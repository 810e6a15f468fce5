"""Reads calls of intrinsic functions (`States.Format('{} for {}', $.a, $.b)`). Evaluates nothing: `functions` does.

Source of the rules: AWS Step Functions developer guide, "Intrinsic functions for JSONPath state machines".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from workflows.asl import paths

DEEPEST = 10  # AWS's own limit of calls inside calls

_BLANK = re.compile(r"\s*")
_NAME = re.compile(r"States\.\w+")
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_LONGEST_NUMBER = 100  # characters
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}

# How many arguments each function takes: at least, at most (None: any number).
ARGUMENTS: Mapping[str, tuple[int, int | None]] = {
    "States.Array": (0, None),
    "States.ArrayContains": (2, 2),
    "States.ArrayGetItem": (2, 2),
    "States.ArrayLength": (1, 1),
    "States.ArrayPartition": (2, 2),
    "States.ArrayRange": (3, 3),
    "States.ArrayUnique": (1, 1),
    "States.Base64Decode": (1, 1),
    "States.Base64Encode": (1, 1),
    "States.Format": (1, None),
    "States.Hash": (2, 2),
    "States.JsonMerge": (3, 3),
    "States.JsonToString": (1, 1),
    "States.MathAdd": (2, 2),
    "States.MathRandom": (2, 3),
    "States.StringSplit": (2, 2),
    "States.StringToJson": (1, 1),
    "States.UUID": (0, 0),
}


class IntrinsicSyntaxError(ValueError):
    """The text is no call of an intrinsic function; `offset` is where it stops being one."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message, self.offset = message, offset


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument that stands for itself; a text still has its escapes, since States.Format reads `\\{` its own way."""

    value: Any


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple["Argument", ...]


Argument = Literal | Call | paths.Path
ReadPath = Callable[[str], paths.Path]


@lru_cache(maxsize=1_024)
def parse(text: str, read_path: ReadPath = paths.parse) -> Call:
    """Read a call. Raises IntrinsicSyntaxError, or what `read_path` does for a path among its arguments."""
    if len(text) > paths.LONGEST * 4:
        raise IntrinsicSyntaxError(f"A call has at most {paths.LONGEST * 4:,} characters.")
    call, end = _call(text, _skip(text, 0), 1, read_path)
    if _skip(text, end) != len(text):
        raise IntrinsicSyntaxError(f'Nothing may follow the call, and "{text[end : end + 20]}" does.', end)
    return call


def _call(text: str, at: int, level: int, read_path: ReadPath) -> tuple[Call, int]:
    if level > DEEPEST:
        raise IntrinsicSyntaxError(f"Calls lie in each other at most {DEEPEST} deep.", at)
    found = _NAME.match(text, at)
    if found is None:
        raise IntrinsicSyntaxError("A call begins with States. and the name of a function.", at)
    if found[0] not in ARGUMENTS:
        raise IntrinsicSyntaxError(f"There is no function {found[0]}.", at)
    at = _skip(text, found.end())
    if text[at : at + 1] != "(":
        raise IntrinsicSyntaxError(f"{found[0]} must be followed by its arguments in parentheses.", at)
    arguments, at = _arguments(text, _skip(text, at + 1), level, read_path)
    least, most = ARGUMENTS[found[0]]
    if len(arguments) < least or (most is not None and len(arguments) > most):
        wanted = f"{least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
        raise IntrinsicSyntaxError(f"{found[0]} takes {wanted} arguments; {len(arguments)} are given.", at)
    return Call(found[0], arguments), at


def _arguments(text: str, at: int, level: int, read_path: ReadPath) -> tuple[tuple[Argument, ...], int]:
    """The arguments from behind the opening parenthesis, and where the closing one ends."""
    arguments: list[Argument] = []
    if text[at : at + 1] == ")":
        return (), at + 1
    while True:
        argument, at = _argument(text, at, level, read_path)
        arguments.append(argument)
        at = _skip(text, at)
        match text[at : at + 1]:
            case ",":
                at = _skip(text, at + 1)
            case ")":
                return tuple(arguments), at + 1
            case "":
                raise IntrinsicSyntaxError("The closing parenthesis is missing.", at)
            case _:
                raise IntrinsicSyntaxError("A comma or the closing parenthesis is missing.", at)


def _argument(text: str, at: int, level: int, read_path: ReadPath) -> tuple[Argument, int]:
    if text.startswith("States.", at):
        return _call(text, at, level + 1, read_path)
    if text.startswith("$", at):
        end = _path_end(text, at)
        return read_path(text[at:end].rstrip()), end
    if found := _TEXT.match(text, at):
        return Literal(found[1]), found.end()
    if found := _NUMBER.match(text, at):
        return Literal(_number(found, at)), found.end()
    for name, value in _CONSTANTS.items():
        if text.startswith(name, at):
            return Literal(value), at + len(name)
    raise IntrinsicSyntaxError(
        "An argument is a path, a text in single quotation marks, a number, true, false, null or another call.", at
    )


def _number(found: re.Match[str], at: int) -> int | Decimal:
    if len(found[0]) > _LONGEST_NUMBER:
        raise IntrinsicSyntaxError("The number is too long.", at)
    return Decimal(found[0]) if found[1] or found[2] else int(found[0])


def _path_end(text: str, at: int) -> int:
    """Where a path among arguments ends: at a comma or closing parenthesis outside its own brackets and quotes."""
    depth, quote = 0, ""
    while at < len(text):
        character = text[at]
        if quote:
            at += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "[(":
            depth += 1
        elif character in "])" and depth:
            depth -= 1
        elif character in ",)" and not depth:
            break
        at += 1
    return min(at, len(text))


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
