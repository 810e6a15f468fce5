"""PURE: what a page draws for the fields of an input: each with what was typed, its choices and its problem."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from workflows.inputs.fields import Field

MOST_ROWS = 100
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose from; `text` is its JSON text."""

    text: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Control:
    """One field on the page. Objects and arrays hold further `controls`."""

    field: Field
    name: str
    value: str = ""
    error: str = ""
    options: tuple[Option, ...] = ()
    controls: tuple["Control", ...] = ()

    @property
    def element_id(self) -> str:
        """An id for the page: names may hold anything."""
        return "f" + re.sub(r"[^A-Za-z0-9-]", lambda found: f"_{ord(found[0]):x}", self.name)


def controls(fields: tuple[Field, ...], typed: Typed, problems: Mapping[str, str]) -> list[Control]:
    """What to draw for `fields`, holding what was typed, each with its problem if it has one."""
    return [_control(field, f"/{field.key}", typed, problems) for field in fields]


def _control(field: Field, name: str, typed: Typed, problems: Mapping[str, str]) -> Control:
    control = Control(field, name, typed.get(name, ""), problems.get(name, ""))
    if field.kind == "object":
        inner = (_control(one, f"{name}/{one.key}", typed, problems) for one in field.fields)
        return replace(control, controls=tuple(inner))
    if field.kind == "array" and field.item:
        item = replace(field.item, label=f"{field.label}", required=False)
        wanted = range(min(rows(name, typed) + 1, MOST_ROWS))
        return replace(control, controls=tuple(_control(item, f"{name}/{row}", typed, problems) for row in wanted))
    return replace(control, options=tuple(_options(field, control.value)))


def _options(field: Field, value: str) -> Iterator[Option]:
    if field.kind == "boolean":
        yield Option("true", "Yes", value == "true")
        yield Option("false", "No", value == "false")
    for choice in field.choices:
        text = dump(choice)
        yield Option(text, choice if isinstance(choice, str) else text, value == text)


def rows(name: str, typed: Typed) -> int:
    """How many rows of an array hold something."""
    begin = f"{name}/"
    numbers = [path[len(begin) :].split("/", 1)[0] for path, text in typed.items() if path.startswith(begin) and text]
    return max((int(number) + 1 for number in numbers if number.isdecimal() and len(number) < 4), default=0)


def dump(value: Any) -> str:
    """JSON text of a value whose numbers may be Decimal."""
    if isinstance(value, dict):
        members = (f"{json.dumps(str(key), ensure_ascii=False)}: {dump(one)}" for key, one in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(dump(one) for one in value) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
