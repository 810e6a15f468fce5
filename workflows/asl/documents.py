"""Reads JSON text: numbers exactly, repeated keys noticed, depth and size bounded, places known.

A value is plain Python with int and Decimal for numbers. Nothing here knows the language.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workflows.asl.problems import pointer

LARGEST = 1_048_576  # characters: AWS takes definitions of 1 MB
DEEPEST = 200
LONGEST_NUMBER = 1_000
LARGEST_EXPONENT = 10_000

BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', re.DOTALL)
TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([\[{])|([\]}])|([:,])|([^\s\[\]{}:,"]+))', re.DOTALL)


class DocumentError(ValueError):
    """The text is not a JSON document this reads; line and column count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Document:
    """A value, its text ("" when it came as a value), and the pointers of keys that stand twice in one object."""

    value: Any
    text: str = ""
    repeated: tuple[str, ...] = ()
    _places: dict[str, int] = field(default_factory=dict)

    def place(self, path: str) -> tuple[int, int]:
        """Line and column of the value at a pointer, or of the nearest one around it; (0, 0) without a text."""
        if not self.text:
            return 0, 0
        if not self._places:
            self._places.update(_places(self.text))
        while path not in self._places and path:
            path = path.rpartition("/")[0]
        return line_and_column(self.text, self._places.get(path, 0))


def read_document(given: str | Mapping[str, Any]) -> Document:
    """Read a document's text, or take one that was read already. Raises DocumentError."""
    if isinstance(given, str):
        value, repeated = _read(given)
        return Document(value, given, repeated)
    if _is_too_deep(given):
        raise DocumentError(f"This is nested more than {DEEPEST} levels deep.")
    return Document(given)


def read_value(text: str) -> Any:
    """The value of a JSON text, such as a state's input in a history. Raises DocumentError."""
    return _read(text)[0]


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Where an offset is, counting from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


# ---- reading


class _Trouble(ValueError):
    """Raised by the hooks of the decoder, where the place is not known."""


def _read(text: str) -> tuple[Any, tuple[str, ...]]:
    if len(text) > LARGEST:
        raise DocumentError(f"This has {len(text):,} characters; AWS takes at most {LARGEST:,}.")
    _check_depth(text)
    twice: list[str] = []
    decoder = json.JSONDecoder(
        object_pairs_hook=lambda pairs: _object(pairs, twice),
        parse_float=_decimal,
        parse_int=_integer,
        parse_constant=_constant,
    )
    try:
        value = decoder.decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise DocumentError(f"This is not JSON: {error.msg}.", error.lineno, error.colno) from error
    except (_Trouble, RecursionError) as error:
        raise DocumentError(str(error) or "This is nested too deeply.") from error
    return value, _repeated(text) if twice else ()


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for found in BRACKET.finditer(text):
        depth += bool(found[1]) - bool(found[2])
        if depth > DEEPEST:
            raise DocumentError(
                f"This is nested more than {DEEPEST} levels deep.", *line_and_column(text, found.start())
            )


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [one for whole in level for one in _children(whole)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


def _object(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice.append("")
    return made


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise _Trouble(f"The number {text[:20]}… has more than {LONGEST_NUMBER:,} digits.")
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise _Trouble(f"The number {text[:20]}… has more than {LONGEST_NUMBER:,} digits.")
    number = Decimal(text)
    if not number.is_finite() or (number and abs(number.adjusted()) > LARGEST_EXPONENT):
        raise _Trouble(f"The number {text[:20]} is too large or too small.")
    return number


def _constant(text: str) -> Any:
    raise _Trouble(f"{text} is not JSON.")


# ---- places: found only when somebody asks, in one pass over the tokens


def _places(text: str) -> dict[str, int]:
    return {path: offset for path, offset, _ in _walk(text)}


def _repeated(text: str) -> tuple[str, ...]:
    seen: set[str] = set()
    twice: list[str] = []
    for path, _, is_member in _walk(text):
        if is_member and path in seen:
            twice.append(path)
        seen.add(path)
    return tuple(dict.fromkeys(twice))


def _walk(text: str) -> Iterator[tuple[str, int, bool]]:
    """Pointer and offset of every value of a well-formed text, and whether it is an object's member."""
    stack: list[tuple[str, bool]] = []
    index = [0]
    path, key = "", None
    for found in TOKEN.finditer(text):
        string, opener, closer, mark, scalar = found.groups()
        in_object = bool(stack) and stack[-1][1]
        if mark == "," and not in_object:
            index[-1] += 1
        elif mark:
            continue
        elif closer:
            stack.pop()
            index.pop()
            key = None
        elif string and in_object and key is None:
            key = json.loads(string)
        elif string or opener or scalar:
            if stack:
                path = stack[-1][0] + pointer(key if in_object and key is not None else index[-1])
            yield path, found.start(found.lastindex or 0), in_object
            key = None
            if opener:
                stack.append((path, opener == "{"))
                index.append(0)
