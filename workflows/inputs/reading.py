"""Reads JSON text strictly, within bounds, and without losing a digit."""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

LARGEST = 262_144  # bytes of UTF-8: what AWS takes as an execution's input
DEEPEST = 100
LONGEST_NUMBER = 400
LARGEST_EXPONENT = 308  # beyond it a double, which is what most readers of JSON have, is infinite

STRING = r'"(?:[^"\\]|\\.)*"'
BLANK_OR_STRING = re.compile(rf"({STRING})|[ \t\n\r]+")
TOKEN = re.compile(rf"({STRING})|([\[{{])|([\]}}])|([:,])|[^\s\[\]{{}}:,\"]+")
BRACKET_OR_STRING = re.compile(rf"{STRING}|([\[{{])|([\]}}])")


class InputProblem(Exception):
    """The text cannot be taken; `path` is a JSON pointer to where, as far as known."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path or '(whole)'}: {message}")
        self.path, self.message = path, message


class _Trouble(ValueError):
    """Raised while parsing, where the place is not known yet."""


def parse_input(text: str | bytes) -> Any:
    """The value of JSON text no larger than AWS takes: numbers as int or Decimal. Raises InputProblem."""
    size = len(text.encode(errors="surrogatepass")) if isinstance(text, str) else len(text)
    if size > LARGEST:
        raise InputProblem("", f"This is {size:,} bytes; AWS takes at most {LARGEST:,}.")
    return read(text)


def read(text: str | bytes) -> Any:
    """The value of JSON text of any size, read strictly: UTF-8, no duplicate keys, no NaN, no lone surrogates.

    Raises InputProblem.
    """
    decoded = _decode(text)
    if not decoded.strip():
        raise InputProblem("", "Nothing was sent; JSON is wanted.")
    _check_depth(decoded)
    try:
        value = _DECODER.decode(decoded)
    except json.JSONDecodeError as error:
        raise InputProblem(
            "", f"This is not JSON: {error.msg}, at line {error.lineno}, column {error.colno}."
        ) from error
    except _Trouble as error:
        raise InputProblem(_place_of_trouble(decoded), str(error)) from error
    except RecursionError as error:
        raise InputProblem("", "This is nested too deeply.") from error
    if "\\u" in decoded:
        _check_characters(value)
    return value


def serialise(text: str) -> str:
    """JSON text (read without a problem before) less the blanks between its tokens; nothing else is changed."""
    return BLANK_OR_STRING.sub(lambda found: found[1] or "", text)


def canonical(text: str) -> str:
    """JSON text in the one form of all that mean the same: members by name, no blanks, numbers digit for digit.

    What cannot be read stays as `serialise` has it.
    """
    try:
        return _written(_by_name(_load(text)))
    except (ValueError, RecursionError):
        return serialise(text)


def in_order_of(text: str, other: str) -> str:
    """The same, but with members in the order that `other` has them, then those that it has not.

    What cannot be read stays as `serialise` has it.
    """
    try:
        return _written(_like(_load(text), _load(other)))
    except (ValueError, RecursionError):
        return serialise(text)


def _load(text: str) -> Any:
    return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_Members)


class _Number(str):
    """As it was written."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """Of an object; a name that stands twice is there twice."""

    __slots__ = ()


def _by_name(value: Any) -> Any:
    if isinstance(value, _Members):
        return _Members(sorted(((name, _by_name(one)) for name, one in value), key=lambda member: member[0]))
    return list(map(_by_name, value)) if isinstance(value, list) else value


def _like(value: Any, other: Any) -> Any:
    if isinstance(value, _Members):
        beside = dict(other) if isinstance(other, _Members) else {}
        place = {name: at for at, name in enumerate(beside)}
        ordered = sorted(value, key=lambda member: place.get(member[0], len(place)))
        return _Members((name, _like(one, beside.get(name))) for name, one in ordered)
    if isinstance(value, list):
        others = other if isinstance(other, list) and not isinstance(other, _Members) else []
        return [_like(one, others[at] if at < len(others) else None) for at, one in enumerate(value)]
    return value


def _written(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, _Members):
        return "{" + ",".join(f"{json.dumps(name)}:{_written(one)}" for name, one in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value)


def member(text: str, name: str) -> str | None:
    """The text of one member of a JSON object's text (read without a problem before); None when it has no such one."""
    depth, key, begin = 0, None, None
    for found in TOKEN.finditer(text):
        if depth == 1 and begin is None and found[1] and key is None:
            key = json.loads(found[1])
        elif depth == 1 and found[0] == ":" and key == name:
            begin = found.end()
        elif depth == 1 and found[0] in (",", "}"):
            if begin is not None:
                return text[begin : found.start()].strip()
            key = None
        depth += bool(found[2]) - bool(found[3])
    return None


def _decode(text: str | bytes) -> str:
    if isinstance(text, str):
        decoded = text
    else:
        try:
            decoded = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputProblem("", f"This is not UTF-8: byte {error.start} cannot be read.") from error
    if decoded.startswith("\ufeff"):
        raise InputProblem("", "This begins with a byte order mark; JSON has none.")
    if not decoded.isascii():
        _check_text(decoded, "")
    return decoded


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for found in BRACKET_OR_STRING.finditer(text):
        depth += bool(found[1]) - bool(found[2])
        if depth > DEEPEST:
            raise InputProblem("", f"This is nested more than {DEEPEST} levels deep.")


def _check_characters(value: Any) -> None:
    for path, text in _strings(value, ""):
        _check_text(text, path)


def _check_text(text: str, path: str) -> None:
    if "\0" in text:
        raise InputProblem(path, "A NUL character cannot be kept.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputProblem(path, "Half of a surrogate pair stands alone here; that is no character.") from error


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _strings(one, f"{path}/{index}")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield path, key
            yield from _strings(one, f"{path}/{pointer(key)}")


def pointer(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Trouble(f"The key “{twice[:100]}” stands twice in one object.")
    return made


def _integer(text: str) -> int:
    _check_length(text)
    if len(text) > LARGEST_EXPONENT + 2:
        raise _Trouble(f"The number {text[:20]}… is too large.")
    return int(text)


def _decimal(text: str) -> Decimal:
    _check_length(text)
    try:
        number = Decimal(text)
    except InvalidOperation:  # its exponent is beyond even what Decimal holds
        number = None
    if number is None or (number and abs(number.adjusted()) > LARGEST_EXPONENT):
        raise _Trouble(f"The number {text[:20]} is too large or too small.")
    return number


def _check_length(text: str) -> None:
    if len(text) > LONGEST_NUMBER:
        raise _Trouble(f"The number {text[:20]}… has {len(text):,} digits; at most {LONGEST_NUMBER} are taken.")


def _constant(text: str) -> Any:
    raise _Trouble(f"{text} is not JSON.")


def _place_of_trouble(text: str) -> str:
    """Pointer to the first value that cannot be taken; "" when what follows it is no JSON, and so has no places."""
    try:
        return next(_troubles(_MARKER.decode(text), ""), "")
    except json.JSONDecodeError:
        return ""


def _troubles(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, _Trouble):
        yield path
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _troubles(one, f"{path}/{index}")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _troubles(one, f"{path}/{pointer(key)}")


def _marked(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The hook, giving its trouble as the value rather than raising it."""

    def mark(found: Any) -> Any:
        try:
            return hook(found)
        except _Trouble as trouble:
            return trouble

    return mark


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
)
_MARKER = json.JSONDecoder(
    object_pairs_hook=_marked(_object),
    parse_float=_marked(_decimal),
    parse_int=_marked(_integer),
    parse_constant=_marked(_constant),
)
