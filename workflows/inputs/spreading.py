"""PURE: from a value to what one would have typed into a form's fields to get it, and what no field can hold."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from workflows.inputs.composing import MOST_ROWS, compose, decider, present
from workflows.inputs.fields import Field
from workflows.inputs.reading import pointer, read
from workflows.inputs.writing import dump

Pairs = dict[str, str]


def spread(fields: tuple[Field, ...], value: Any) -> tuple[Pairs, list[str]]:
    """What one would type to get `value` (as `read` gives it), and the pointers no field can hold."""
    typed: Pairs = {}
    left_over = list(_object(fields, "", value, typed))
    if not left_over and not _is_same(read(compose(fields, typed)), value):
        left_over.append("")  # an empty list, an order of rows: something a form cannot say
    return typed, left_over


def spread_value(field: Field, path: str, value: Any, typed: Pairs) -> None:
    """Put what one would type for one field into `typed`, as far as the field can hold it."""
    list(_value(field, path, value, typed))


def defaults(fields: Iterable[Field], path: str = "") -> Pairs:
    """What the schema's defaults put into a form in which nothing is typed yet."""
    typed: Pairs = {}
    for field, where in _with_default(fields, path):
        spread_value(field, where, field.default, typed)
    return typed


def row_defaults(item: Field, array: str, row: int) -> Pairs:
    """What they put into one row of an array."""
    return defaults((replace(item, name=str(row), pointer=f"/{row}"),), array)


def _with_default(fields: Iterable[Field], path: str) -> Iterator[tuple[Field, str]]:
    """The fields to fill in, each with its place: not those within an object or array that need not be there.

    To fill these in would make it be there.
    """
    for field in fields:
        where = f"{path}/{field.key}"
        if field.default is not None:
            yield field, where
        elif field.kind == "object" and field.required:
            yield from _with_default(field.fields, where)
        elif field.item and field.required:
            yield from _with_default((replace(field.item, name="0", pointer="/0"),), where)


def _object(fields: tuple[Field, ...], path: str, value: Any, typed: Pairs) -> Iterator[str]:
    if not isinstance(value, dict):
        yield path
        return
    done: set[str] = set()
    while True:
        # What has been typed so far may make further fields appear.
        there = [field for field in present(fields, path, typed) if field.name not in done]
        inline = next((field for field in there if field.is_inline), None)
        known = [field for field in there if not field.is_inline and field.name in value]
        for field in known:
            yield from _value(field, f"{path}/{field.key}", value[field.name], typed)
        done |= {field.name for field in known}
        if inline and not known:
            rest = {name: one for name, one in value.items() if name not in done}
            _choose_inline(inline, path, rest, typed)
            done.add(inline.name)
        elif not known:
            break
    yield from (f"{path}/{pointer(name)}" for name in value if name not in done)


def _choose_inline(field: Field, path: str, rest: dict[str, Any], typed: Pairs) -> None:
    """The variant that holds most of what no other field holds."""
    scores = []
    for number, variant in enumerate(field.variants):
        attempt: Pairs = {}
        names = {one.name for one in present(variant.fields, path, attempt)}
        left = list(_object(variant.fields, path, {name: rest[name] for name in rest if name in names}, attempt))
        missing = sum(one.required and one.name not in rest for one in variant.fields if one.kind != "choice")
        scores.append((len(left) + missing, len(rest) - len(names & set(rest)), number))
    best = min(scores, default=None)
    if best is not None and not best[0]:
        typed[decider(field, path)] = str(best[2])


def _value(field: Field, path: str, value: Any, typed: Pairs) -> Iterator[str]:
    if field.kind == "const":
        if not _is_same(value, field.choices[0]):
            yield path
    elif field.kind == "choice":
        yield from _choice(field, path, value, typed)
    elif field.kind == "object":
        yield from _object(field.fields, path, value, typed)
    elif field.kind == "array" and field.item and isinstance(value, list) and len(value) <= MOST_ROWS:
        for row, one in enumerate(value):
            yield from _value(field.item, f"{path}/{row}", one, typed)
    elif (text := _text(field, value)) is None:
        yield path
    else:
        typed[path] = text


def _choice(field: Field, path: str, value: Any, typed: Pairs) -> Iterator[str]:
    """The first variant that can hold all of it."""
    for number, variant in enumerate(field.variants):
        attempt: Pairs = {}
        if _has_required(variant, value) and not list(_value(variant, path, value, attempt)):
            typed |= {decider(field, path): str(number), **attempt}
            return
    yield path


def _has_required(variant: Field, value: Any) -> bool:
    wanted = (one.name for one in variant.fields if one.required and not one.is_inline)
    return not isinstance(value, dict) or all(name in value for name in wanted)


def _text(field: Field, value: Any) -> str | None:
    if field.kind in ("json", "enum"):
        return dump(value)
    if isinstance(value, bool):
        return dump(value) if field.kind == "boolean" else None
    if isinstance(value, str):
        return value if value and field.kind in ("text", "date", "datetime") else None
    if isinstance(value, int | Decimal):
        return str(value) if field.kind in ("number", "integer") else None
    return None


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON, whatever the order of their names."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return type(one) is type(other) and bool(one == other)
