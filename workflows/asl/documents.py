"""Reads and writes JSON text exactly and within bounds: digit for digit, repeated keys noticed, places found again.

Knows nothing of the States Language; never raises anything but DocumentError for text it cannot read.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring as _quote
from json.encoder import encode_basestring_ascii
from typing import Any

from workflows.asl.problems import TOP, Place, pointer

MAX_CHARACTERS = 1_048_576  # AWS's limit for a definition
MAX_DEPTH = 200
MAX_DIGITS = 1_000
MAX_EXPONENT = 10_000  # beyond it arithmetic on a number of a few characters takes for ever

_CONTAINERS = (dict, list)
_BLANKS = " \t\n\r"


class DocumentError(ValueError):
    """Text that is not JSON, or JSON beyond the bounds. `line` and `column` count from 1, 0 where they are unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON value with the text it came from. `repeated` are the places of members that their object has twice."""

    text: str
    value: Any
    repeated: tuple[Place, ...] = ()

    def places(self, pointers: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Line and column, both from 1, of the member (its key, where it has one) that each pointer names.

        A pointer that leads nowhere gets the place of the last thing on its way that is there.
        """
        return dict(_lines(self.text, _find(self.text, pointers, is_unique=not self.repeated)))


def read(text: str, limit: int = MAX_CHARACTERS) -> Document:
    """Read a document of at most `limit` characters. Raises DocumentError."""
    if len(text) > limit:
        raise DocumentError(f"The text has {len(text):,} characters; at most {limit:,} are allowed.")
    repeated: dict[int, list[str]] = {}
    value = _load(text, repeated)
    if depth(value) > MAX_DEPTH:
        raise DocumentError(f"The JSON is nested too deeply: at most {MAX_DEPTH} levels are allowed.")
    return Document(text, value, tuple(_repeated(value, repeated)) if repeated else ())


def read_value(text: str, limit: int = MAX_CHARACTERS) -> Any:
    """The value of a JSON text of at most `limit` characters, floats as Decimal. Raises DocumentError."""
    return read(text, limit).value


def write(value: Any) -> str:
    """JSON text of a value that may hold Decimals, on one line; they keep their digits."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(name))}: {write(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(write, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def plain(value: Any) -> Any:
    """The same as Python's own JSON writer takes it: a Decimal as float, or as text where no float has its digits."""
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if not isinstance(value, Decimal):
        return value
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)


def write_compact(value: Any) -> str:
    """Like `write`, as AWS writes: no spaces, and every character as it is."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_quote(str(name))}:{write_compact(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write_compact, value)) + "]"
    return _quote(value) if isinstance(value, str) else write(value)


def size(value: Any, most: int) -> int:
    """How many bytes `write_compact` makes of a value, in UTF-8; counting stops soon after `most`. Quick for any."""
    total, stack = 0, [value]
    while stack and total <= most:
        inner = stack.pop()
        if isinstance(inner, str):
            total += _size_of_text(inner, most)
        elif isinstance(inner, Mapping):
            total += 2 * len(inner) + (1 if inner else 2)  # braces, colons and commas
            total += sum(_size_of_text(str(name), most) for name in inner)
            stack.extend(inner.values())
        elif isinstance(inner, list | tuple):
            total += len(inner) + (1 if inner else 2)
            if total <= most:
                stack.extend(inner)
        else:
            total += len(str(inner)) if type(inner) is int else len(write(inner))
    return total


def is_larger(value: Any, most: int) -> bool:
    """Whether a value takes more than so many bytes."""
    return size(value, most) > most


def _size_of_text(text: str, most: int) -> int:
    # Half of a pair of surrogates cannot be in UTF-8; Java writes a question mark for it.
    return len(_quote(text[: most + 1]).encode(errors="replace"))


def write_start(value: Any, most: int) -> str:
    """The first `most` characters of what `write` gives, and an ellipsis where there are more; quick for any value."""
    if isinstance(value, str):  # most values are short texts, and a Choice shows several for each rule
        text = encode_basestring_ascii(value[: most + 1])
        return text if len(text) <= most else f"{text[:most]}…"
    text = ""
    for piece in _written(value, most):
        text += piece
        if len(text) > most:
            return f"{text[:most]}…"
    return text


def _written(value: Any, most: int) -> Iterator[str]:
    """What `write` gives, in pieces; a long string is cut before it is quoted."""
    if isinstance(value, Mapping):
        for number, (name, inner) in enumerate(value.items()):
            yield f"{', ' if number else '{'}{json.dumps(str(name)[: most + 1])}: "
            yield from _written(inner, most)
        yield "}" if value else "{}"
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield ", " if number else "["
            yield from _written(inner, most)
        yield "]" if value else "[]"
    else:
        yield write(value[: most + 1] if isinstance(value, str) else value)


def depth(value: Any) -> int:
    """How deep objects and arrays lie in each other; counting stops just past MAX_DEPTH."""
    level, layer = 0, [value] if isinstance(value, _CONTAINERS) else []
    while layer and level <= MAX_DEPTH:
        level += 1
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, _CONTAINERS)
        ]
    return level


def _load(text: str, repeated: dict[int, list[str]]) -> Any:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) != len(pairs):
            times = Counter(name for name, _ in pairs)
            repeated[id(built)] = [name for name in built if times[name] > 1]
        return built

    try:
        return json.loads(
            text, object_pairs_hook=build, parse_int=_integer, parse_float=_decimal, parse_constant=_refuse
        )
    except json.JSONDecodeError as problem:
        message = f"This is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}."
        raise DocumentError(message, problem.lineno, problem.colno) from None
    except RecursionError:
        message = f"The JSON is nested too deeply: at most {MAX_DEPTH} levels are allowed."
        raise DocumentError(message) from None


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise DocumentError(f"The number {digits[:20]}… has more than {MAX_DIGITS:,} digits.")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    if len(digits) > MAX_DIGITS:
        raise DocumentError(f"The number {digits[:20]}… has more than {MAX_DIGITS:,} digits.")
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise DocumentError(f"The number {digits[:40]} is too large or too small.") from None
    if number and abs(number.adjusted()) > MAX_EXPONENT:
        raise DocumentError(f"The number {digits[:40]} is too large or too small.")
    return number


def _refuse(name: str) -> Any:
    raise DocumentError(f"This is not JSON: {name} is not a JSON number.")


def _repeated(value: Any, repeated: Mapping[int, list[str]], path: Place = TOP) -> Iterator[Place]:
    for twice in repeated.get(id(value), ()):
        yield path, twice
    members: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in members:
        if isinstance(inner, _CONTAINERS):
            yield from _repeated(inner, repeated, (path, name))


# -- places: step only into what is asked for, the C scanner skips the rest ------------------------------------------


@dataclass(slots=True)
class _Asked:
    """A member that a pointer leads to or through, with its offset once it is found."""

    inner: dict[str, "_Asked"] = field(default_factory=dict)
    offset: int | None = None


def _find(text: str, pointers: Iterable[str], *, is_unique: bool) -> dict[str, int]:
    """The offset of what each pointer names, or of what is nearest above it."""
    top, ways, count = _Asked(), dict[str, list[_Asked]](), 0
    for path in pointers:
        way = [top]
        for name in path.split("/")[1:]:
            inner = way[-1].inner
            if name not in inner:
                inner[name], count = _Asked(), count + 1
            way.append(inner[name])
        ways[path] = way
    finder = _Finder(text, count if is_unique else None)
    top.offset = finder.blank(0)
    with suppress(_AllFound):
        finder.value(top.offset, top)
    return {path: _nearest(way) for path, way in ways.items()}


def _nearest(way: list[_Asked]) -> int:
    return next((asked.offset for asked in reversed(way) if asked.offset is not None), 0)


def _lines(text: str, offsets: Mapping[str, int]) -> Iterator[tuple[str, tuple[int, int]]]:
    line, at = 1, 0
    for path, offset in sorted(offsets.items(), key=lambda item: item[1]):
        line += text.count("\n", at, offset)
        at = offset
        yield path, (line, offset - text.rfind("\n", 0, offset))


_skip = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str).raw_decode


class _AllFound(Exception):
    """Nothing is left to look for."""


@dataclass(slots=True)
class _Finder:
    """Walks text that is known to be JSON. Every method takes an offset and gives the one behind what it read.

    It ends with the last of the `missing` members; where that is None, a later one of the same name counts.
    """

    text: str
    missing: int | None

    def value(self, at: int, asked: _Asked) -> int:
        if asked.inner and self.text[at] == "{":
            return self._object(at, asked)
        if asked.inner and self.text[at] == "[":
            return self._array(at, asked)
        return _skip(self.text, at)[1]

    def blank(self, at: int) -> int:
        while self.text[at : at + 1] in _BLANKS and at < len(self.text):
            at += 1
        return at

    def _object(self, at: int, asked: _Asked) -> int:
        at = self.blank(at + 1)
        while self.text[at] != "}":
            key_at = at
            key, at = _skip(self.text, at)
            at = self.blank(self.blank(at) + 1)
            at = self._comma(self._member(at, key_at, asked.inner.get(pointer(key)[1:])))
        return at + 1

    def _array(self, at: int, asked: _Asked) -> int:
        at, index = self.blank(at + 1), 0
        while self.text[at] != "]":
            at = self._comma(self._member(at, at, asked.inner.get(str(index))))
            index += 1
        return at + 1

    def _member(self, at: int, place: int, asked: _Asked | None) -> int:
        if asked is None:
            return _skip(self.text, at)[1]
        asked.offset = place
        if self.missing is not None:
            self.missing -= 1
            if not self.missing:
                raise _AllFound
        return self.value(at, asked)

    def _comma(self, at: int) -> int:
        at = self.blank(at)
        return self.blank(at + 1) if self.text[at] == "," else at
