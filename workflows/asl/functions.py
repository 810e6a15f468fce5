"""Evaluates intrinsic functions as AWS does, within AWS's own bounds. Reads no text of a call: `intrinsics` does.

What AWS makes up while it runs (`States.UUID`, `States.MathRandom`) cannot be known beforehand and says so; only who
runs a machine has it made up.
"""

import base64
import hashlib
import random
import re
import uuid
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from workflows.asl import bounds, documents
from workflows.asl.intrinsics import Argument, Call, Literal
from workflows.asl.paths import Path

LONGEST_TEXT = 10_000  # characters that Base64 and Hash take
MOST_ITEMS = 1_000  # that ArrayRange makes
MOST_WRITTEN = 1_048_576  # bytes of values that a function reads as texts, where the answer is bounded

Look = Callable[[Path], Any]

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PIECE = re.compile(r"\\(.)|(\{\})|([^\\{]+|\{)", re.DOTALL)
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class IntrinsicFailure(Exception):
    """The function refuses what it was given: AWS's `States.IntrinsicFailure`."""


class Unknowable(Exception):
    """A value that only the running machine has."""


def evaluate(call: Call, look: Look, *, runs: bool = False) -> Any:
    """The value of a call; `look` finds its paths' values, `runs` has made up what differs in every run.

    Raises IntrinsicFailure, Unknowable, or what `look` does.
    """
    if call.name in _MADE_UP and not runs:
        raise Unknowable(f"{call.name} gives another value every time")
    if call.name == "States.Format":
        return _format(call, look, runs)
    function = _FUNCTIONS.get(call.name) or _MADE_UP[call.name]
    return function(*(_value(argument, look, runs) for argument in call.arguments))


def be_in_time() -> None:
    """Raise Unknowable where the time for the whole answer is used up."""
    if bounds.is_late():
        raise Unknowable("there is too much to be followed in the time that is allowed here")


def _value(argument: Argument, look: Look, runs: bool) -> Any:
    be_in_time()
    if isinstance(argument, Call):
        return evaluate(argument, look, runs=runs)
    if isinstance(argument, Path):
        return look(argument)
    return _ESCAPED.sub(r"\1", argument.value) if isinstance(argument.value, str) else argument.value


def _format(call: Call, look: Look, runs: bool) -> str:
    """`\\{` in the template written in the call is a brace; one that a path brings is taken as it is."""
    first, *rest = call.arguments
    template = first.value if isinstance(first, Literal) else _value(first, look, runs)
    if not isinstance(template, str):
        raise IntrinsicFailure("the template of States.Format is not a text")
    given = _writable([_value(argument, look, runs) for argument in rest])
    values, made = [_text(value) for value in given], list[str]()
    for escaped, hole, plain in _PIECE.findall(template):
        if not hole:
            made.append(escaped or plain)
        elif values:
            made.append(values.pop(0))
        else:
            raise IntrinsicFailure("States.Format has more {} than values")
    if values:
        raise IntrinsicFailure("States.Format has more values than {}")
    return "".join(made)


def _text(value: Any) -> str:
    """A value as States.Format writes it: objects and arrays the way Java prints its maps and lists."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}={_text(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    return value if isinstance(value, str) else documents.write(value)


def _writable(value: Any) -> Any:
    """The value, unless a bounded answer would write too much for it: the same value may be in it a thousand times."""
    if bounds.is_set() and documents.is_larger(value, MOST_WRITTEN):
        raise Unknowable("a function would write more than is followed here")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise IntrinsicFailure("an array is wanted")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise IntrinsicFailure("a text is wanted")
    return value


def _whole(value: Any) -> int:
    if not _is_number(value):
        raise IntrinsicFailure("a number is wanted")
    return int(Decimal(value).to_integral_value(ROUND_HALF_UP))


def _array_contains(items: Any, item: Any) -> bool:
    """By JSON's equality: `true` is not 1."""
    items, text = _writable(_list(items)), documents.write(_writable(item))
    return any(documents.write(one) == text or (_is_number(one) and _is_number(item) and one == item) for one in items)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal | float) and not isinstance(value, bool)


def _array_get_item(items: Any, index: Any) -> Any:
    items, index = _list(items), _whole(index)
    if not 0 <= index < len(items):
        raise IntrinsicFailure(f"the array of {len(items)} has no item {index}")
    return items[index]


def _array_partition(items: Any, size: Any) -> list[Any]:
    items, size = _list(items), _whole(size)
    if size < 1:
        raise IntrinsicFailure("the size of a chunk is at least 1")
    return [items[at : at + size] for at in range(0, len(items), size)]


def _array_range(first: Any, last: Any, step: Any) -> list[int]:
    first, last, step = _whole(first), _whole(last), _whole(step)
    if step == 0:
        raise IntrinsicFailure("the step of States.ArrayRange is not 0")
    made = range(first, last + (1 if step > 0 else -1), step)
    if max(0, (last - first) // step + 1) > MOST_ITEMS:
        raise IntrinsicFailure(f"States.ArrayRange makes at most {MOST_ITEMS:,} items")
    return list(made)


def _array_unique(items: Any) -> list[Any]:
    return list({documents.write(item): item for item in reversed(_writable(_list(items)))}.values())[::-1]


def _encode(text: Any) -> str:
    return base64.b64encode(_bytes(text)).decode()


def _decode(text: Any) -> str:
    text = _short(text)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except ValueError:
        raise IntrinsicFailure("the text is not Base64") from None


def _short(text: Any) -> str:
    if len(_string(text)) > LONGEST_TEXT:
        raise IntrinsicFailure(f"the text has more than {LONGEST_TEXT:,} characters")
    return _string(text)


def _bytes(text: Any) -> bytes:
    """As Java encodes: half of a pair of surrogates becomes a question mark."""
    return _short(text).encode(errors="replace")


def _write(value: Any) -> str:
    return documents.write_compact(_writable(value))


def _hash(value: Any, algorithm: Any) -> str:
    if algorithm not in _HASHES:
        raise IntrinsicFailure(f"the algorithm is one of {', '.join(_HASHES)}")
    text = value if isinstance(value, str) else _write(value)
    return hashlib.new(_HASHES[algorithm], _bytes(text), usedforsecurity=False).hexdigest()


def _merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        raise IntrinsicFailure("States.JsonMerge takes two objects")
    if deep is not False:
        raise IntrinsicFailure("States.JsonMerge merges the top level only: its last argument is false")
    return {**first, **second}


def _parse(text: Any) -> Any:
    if not _string(text).strip():
        return None
    try:
        return documents.read_value(text)
    except documents.DocumentError as error:
        raise IntrinsicFailure(str(error)) from None


def _split(text: Any, delimiters: Any) -> list[str]:
    if not _string(delimiters):
        return [_string(text)]
    return [piece for piece in re.split(f"[{re.escape(delimiters)}]", _string(text)) if piece]


def _math_random(first: Any, last: Any, seed: Any = None) -> int:
    first, last = _whole(first), _whole(last)
    if first >= last:
        raise IntrinsicFailure("the first number of States.MathRandom is less than the second")
    return random.Random(None if seed is None else _whole(seed)).randrange(first, last)  # noqa: S311 (no secret)


_MADE_UP: Mapping[str, Callable[..., Any]] = {
    "States.MathRandom": _math_random,
    "States.UUID": lambda: str(uuid.uuid4()),
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "States.Array": lambda *items: list(items),
    "States.ArrayContains": _array_contains,
    "States.ArrayGetItem": _array_get_item,
    "States.ArrayLength": lambda items: len(_list(items)),
    "States.ArrayPartition": _array_partition,
    "States.ArrayRange": _array_range,
    "States.ArrayUnique": _array_unique,
    "States.Base64Decode": _decode,
    "States.Base64Encode": _encode,
    "States.Hash": _hash,
    "States.JsonMerge": _merge,
    "States.JsonToString": _write,
    "States.MathAdd": lambda one, other: _whole(one) + _whole(other),
    "States.StringSplit": _split,
    "States.StringToJson": _parse,
}
