"""Lifts business keys out of an input: typed values by which a transaction is found again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

LONGEST_TEXT = 200
LARGEST_NUMBER = Decimal(10) ** 27  # what the index holds: 40 digits, 12 of them after the point
PLACES = Decimal(1).scaleb(-12)
# Decimal's own 28 digits are fewer than the index holds; a number of an input has at most 400.
EXACT = Context(prec=500)
PART = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]")


@dataclass(frozen=True, slots=True)
class Key:
    """One value: as text always, as a number where it is one."""

    name: str
    text: str
    number: Decimal | None


def is_key_path(path: str) -> bool:
    """Whether a path leads to at most one value: $ and then names and indexes."""
    return path.startswith("$") and not PART.sub("", path.removeprefix("$")) and path != "$"


def is_indexed(number: Decimal) -> bool:
    """Whether the index can hold the number with every digit."""
    return number.is_finite() and abs(number) < LARGEST_NUMBER and EXACT.quantize(number, PLACES) == number


def extract_keys(value: Any, paths: Mapping[str, str]) -> tuple[Key, ...]:
    """The keys that `paths` (name to reference path, such as $.customer.id) find; what is not there is left out."""
    found = ((name, value_at(value, path)) for name, path in paths.items())
    return tuple(_key(name, one) for name, one in found if isinstance(one, str | bool | int | Decimal))


def value_at(value: Any, path: str, otherwise: Any = None) -> Any:
    """What a reference path leads to; `otherwise` where it leads nowhere."""
    for dotted, index, quoted in PART.findall(path.removeprefix("$")):
        name = dotted or quoted
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif name and isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return otherwise
    return value


def _key(name: str, value: str | bool | int | Decimal) -> Key:
    if isinstance(value, str):
        return Key(name, value[:LONGEST_TEXT], None)
    if isinstance(value, bool):
        return Key(name, "true" if value else "false", None)
    number = Decimal(value)
    return Key(name, format(number, "f")[:LONGEST_TEXT], number if is_indexed(number) else None)
