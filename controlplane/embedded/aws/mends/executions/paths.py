"""JSONPath as Step Functions reads it: a definite path must lead somewhere, an indefinite one selects a list.

ministack reads neither slices, filters nor `..`, and takes what is missing for null.
"""

import functools
import json
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""(?P<deep>\.\.)? (?:
        \.?(?P<star>\*) | \.?\[(?P<every>\*)\]
      | \.?\[(?P<quote>['"])(?P<quoted>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\]
      | \.?\[(?P<index>-?\d+)\] | \.?\[(?P<union>-?\d+(?:\s*,\s*-?\d+)+)\]
      | \.?\[(?P<slice>-?\d*:-?\d*(?::-?\d*)?)\]
      | \.?\[\?\((?P<filter>.*?)\)\]
      | \.?(?P<name>[^.\[\]()*,:'"\s]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_FILTER = re.compile(r"\s*@(?P<path>[^\s=!<>]*)\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<literal>.+?))?\s*", re.DOTALL)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class MissingError(Exception):
    """A definite path leads to nothing."""


@dataclass(frozen=True)
class Step:
    """One step of a path: `select` gives what it finds in a value."""

    select: Callable[[Any], Iterator[Any]]
    definite: bool


def walk(path: str, data: Any) -> Any:
    """What `path` (from `$`) selects; raises MissingError where a definite path leads to nothing, or is no path."""
    steps = _parse(path)
    found = [data]
    for step in steps:
        found = [value for item in found for value in step.select(item)]
    if all(step.definite for step in steps):
        if not found:
            raise MissingError(path)
        return found[0]
    return found


@functools.lru_cache(maxsize=512)
def _parse(path: str) -> tuple[Step, ...]:
    steps, at = [], 1
    while at < len(path):
        token = _TOKEN.match(path, at)
        if token is None or token.end() == at:
            raise MissingError(path)
        steps.append(_step(token.groupdict()))
        at = token.end()
    return tuple(steps)


def _step(token: dict[str, str | None]) -> Step:
    select, definite = _selector(token)
    if not token["deep"]:
        return Step(select, definite)
    return Step(lambda value: (found for inner in _descend(value) for found in select(inner)), definite=False)


def _selector(token: dict[str, str | None]) -> tuple[Callable[[Any], Iterator[Any]], bool]:
    if token["star"] or token["every"]:
        return _children, False
    if token["index"]:
        return functools.partial(_items, numbers=[int(token["index"])]), True
    if token["union"]:
        return functools.partial(_items, numbers=[int(part) for part in token["union"].split(",")]), False
    if token["slice"]:
        bounds = slice(*(int(part) if part else None for part in token["slice"].split(":")))
        return lambda value: iter(value[bounds] if isinstance(value, list) else ()), False
    if token["filter"] is not None:
        return _filtered(token["filter"]), False
    key = re.sub(r"\\(.)", r"\1", token["quoted"]) if token["quoted"] is not None else str(token["name"])
    return lambda value: iter([value[key]] if isinstance(value, dict) and key in value else ()), True


def _children(value: Any) -> Iterator[Any]:
    return iter(value if isinstance(value, list) else value.values() if isinstance(value, dict) else ())


def _descend(value: Any) -> Iterator[Any]:
    yield value
    for child in _children(value):
        yield from _descend(child)


def _items(value: Any, numbers: list[int]) -> Iterator[Any]:
    if isinstance(value, list):
        yield from (value[number] for number in numbers if -len(value) <= number < len(value))


def _filtered(text: str) -> Callable[[Any], Iterator[Any]]:
    """`@.path`, or `@.path` compared with a literal; conditions joined by && or || are not known here."""
    found = _FILTER.fullmatch(text)
    if found is None:
        raise MissingError(text)
    compare = _OPERATORS.get(found["operator"] or "")
    literal = json.loads(re.sub(r"^'(.*)'$", r'"\1"', found["literal"])) if found["literal"] else None

    def matches(item: Any) -> bool:
        try:
            value = walk("$" + found["path"], item)
            return compare is None or bool(compare(value, literal))
        except (MissingError, TypeError):
            return False

    return lambda value: (item for item in _children(value) if matches(item))
