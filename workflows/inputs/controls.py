"""PURE: what a page draws for the fields of an input: each with what was typed, its choices and its problem."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from workflows.inputs.composing import MOST_ROWS, Typed, chosen, decider, present, rows, rows_asked, written_rows
from workflows.inputs.fields import Field
from workflows.inputs.schemas import REQUIRED
from workflows.inputs.writing import dump


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose from; `text` is its JSON text."""

    text: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Control:
    """One field on the page. Objects, arrays and choices hold further `controls`."""

    field: Field
    name: str
    value: str = ""
    error: str = ""
    options: tuple[Option, ...] = ()
    controls: tuple["Control", ...] = ()
    is_row: bool = False

    @property
    def is_optional(self) -> bool:
        """Whether it may be left empty: as the fields know, but the schema's own verdict counts for more."""
        return not self.field.required and self.error != REQUIRED

    @property
    def element_id(self) -> str:
        """An id for the page: names may hold anything."""
        return "f" + re.sub(r"[^A-Za-z0-9-]", lambda found: f"_{ord(found[0]):x}", self.name)


def controls(fields: Iterable[Field], typed: Typed, problems: Mapping[str, str], path: str = "") -> list[Control]:
    """What to draw for the fields of an object, holding what was typed, each with its problem if it has one."""
    return [
        _choice(field, path, typed, problems)
        if field.is_inline
        else _control(field, f"{path}/{field.key}", typed, problems)
        for field in present(fields, path, typed)
    ]


def _control(field: Field, name: str, typed: Typed, problems: Mapping[str, str]) -> Control:
    if field.kind == "choice":
        return _choice(field, name, typed, problems)
    control = Control(field, name, typed.get(name, ""), problems.get(name, ""))
    if field.kind == "object":
        return replace(control, controls=tuple(controls(field.fields, typed, problems, name)))
    if field.kind == "array" and field.item:
        return replace(control, controls=tuple(_rows(field, field.item, name, typed, problems)))
    return replace(control, options=tuple(_options(field, control.value)))


def _choice(field: Field, path: str, typed: Typed, problems: Mapping[str, str]) -> Control:
    """A choice among variants, with the field of the one chosen; those of an inline choice stand beside it."""
    name, variant = decider(field, path), chosen(field, path, typed)
    options = (Option(str(at), one.label, one is variant) for at, one in enumerate(field.variants))
    inner = (_control(variant, path, typed, problems),) if variant and not field.is_inline else ()
    error = "" if inner or field.is_inline else problems.get(path, "")
    return Control(field, name, typed.get(name, ""), error, tuple(options), inner)


def _rows(field: Field, item: Field, name: str, typed: Typed, problems: Mapping[str, str]) -> Iterator[Control]:
    """A control for every row: as many as were asked for, or one more than hold something."""
    filled, asked = rows(name, typed), rows_asked(name, typed)
    problems = _by_row(problems, name, written_rows(field, item, name, typed))
    count = filled + 1 if asked is None else max(filled, asked)
    for row in range(min(count, MOST_ROWS)):
        label = f"{item.label if item.label != 'item' else field.label} {row + 1}"
        one = replace(item, label=label, required=field.required and row < field.min_rows)
        yield replace(_control(one, f"{name}/{row}", typed, problems), is_row=True)


def _by_row(problems: Mapping[str, str], name: str, written: list[int]) -> dict[str, str]:
    """The problems of entries, each at the row that was written as that entry: rows left empty are left out."""
    moved = dict[str, str]()
    for path, message in problems.items():
        number, slash, rest = path.removeprefix(f"{name}/").partition("/")
        if path.startswith(f"{name}/") and number.isdecimal() and int(number) < len(written):
            moved[f"{name}/{written[int(number)]}{slash}{rest}"] = message
        else:
            moved[path] = message
    return moved


def _options(field: Field, value: str) -> Iterator[Option]:
    if field.kind == "boolean":
        yield Option("true", "Yes", value == "true")
        yield Option("false", "No", value == "false")
    for choice, label in zip(field.choices, field.labels, strict=True):
        text = dump(choice)
        yield Option(text, label, value == text)
