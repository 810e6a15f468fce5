"""JSONata in a process of its own (`python -m workflows.jsonata_child`), asked and killed by `workflows.evaluation`.

Each line of standard input is `{"expression", "bindings"}` or `{"check"}`; each gets `{"value"}`, `{}` for undefined,
`{"unsupported"}` for a function, `{"looked_up"}` for a check, or `{"code", "error"}`. Numbers are doubles, as on AWS.
AWS's own functions are here, and `$eval` is not, as on AWS.
"""

import hashlib
import json
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.utils import Utils

from workflows.children import serve
from workflows.jsonata_tree import looked_up
from workflows.jsonata_words import said

MEMORY = 512 << 20
MOST_ITEMS = 1_000  # of $range, AWS's own bound
_EXACT = 1 << 53  # integers beyond it lose digits in a double
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class _Unsupported(Exception):
    """A result has a function in it."""


def answer(line: str) -> str:
    """The answer to one question, as a line of JSON."""
    question = json.loads(line, parse_float=_double, parse_int=_double)
    try:
        if "check" in question:
            return json.dumps({"looked_up": looked_up(question["check"])})
        result = _evaluate(question["expression"], question["bindings"])
        return "{}" if result is None else json.dumps({"value": _plain(result)}, allow_nan=False)
    except _Unsupported:
        return json.dumps({"unsupported": True})
    except RecursionError:
        return json.dumps({"code": "U1001", "error": "Stack overflow: the expression nests or recurses too deeply."})
    except MemoryError:
        return json.dumps({"code": "", "error": "The expression needs too much memory."})
    except Exception as error:
        code, message = said(error)
        return json.dumps({"code": code, "error": message})


def _evaluate(expression: str, bindings: Mapping[str, Any]) -> Any:
    compiled = Jsonata(expression)
    compiled.set_output_convert_nulls(False)
    for name, function in _OWN.items():
        compiled.register_lambda(name, function)
    return compiled.evaluate(
        None, {name: Utils.NULL_VALUE if value is None else value for name, value in bindings.items()}
    )


def _double(digits: str) -> int | float:
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _plain(value: Any) -> Any:
    """A result as JSON can hold it; whole doubles are written without a point. Raises _Unsupported for functions."""
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, str | bool | int):
        return value
    raise _Unsupported


# -- AWS's own functions (Step Functions developer guide, "Step Functions-provided JSONata functions") ----------------


def _partition(items: Any = None, size: Any = None) -> Any:
    if items is None:
        return None
    if not isinstance(size, int | float) or isinstance(size, bool) or size <= 0:
        raise JException("T0410", 0, 2, "partition")
    whole, listed = int(size), items if isinstance(items, list) else [items]
    return [listed[at : at + whole] for at in range(0, len(listed), whole)]


def _range(first: Any = None, last: Any = None, step: Any = None) -> Any:
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in (first, last, step)) or step == 0:
        raise JException("T0410", 0, 3, "range")
    count = int((last - first) / step) + 1
    if count > MOST_ITEMS:
        raise JException("D2014", 0, count)
    return [first + step * index for index in range(max(0, count))]


def _hash(value: Any = None, algorithm: Any = None) -> Any:
    if value is None:
        return None
    if algorithm not in _HASHES or not isinstance(value, str):
        raise JException("T0410", 0, 2, "hash")
    return hashlib.new(_HASHES[algorithm], value.encode(), usedforsecurity=False).hexdigest()


def _random(seed: Any = None) -> float:
    return random.Random(seed).random() if seed is not None else random.random()  # noqa: S311 (no secret)


def _uuid() -> str:
    return str(uuid.uuid4())


def _parse(text: Any = None) -> Any:
    if text is None:
        return None
    if not isinstance(text, str):
        raise JException("T0410", 0, 1, "parse")
    try:
        value = json.loads(text, parse_float=_double, parse_int=_double)
    except ValueError:
        raise JException("D3001", 0, text[:100]) from None
    return Utils.NULL_VALUE if value is None else value


def _no_eval(*_arguments: Any) -> Any:
    raise JException("D3120", 0, "eval is not supported in Step Functions")


_OWN: Mapping[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": _uuid,
    "parse": _parse,
    "eval": _no_eval,
}


if __name__ == "__main__":
    serve(answer, MEMORY)
