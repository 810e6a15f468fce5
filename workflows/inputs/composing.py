"""PURE: from what was typed into a form's fields to JSON text, and which fields there are given what was typed.

Typed is a flat mapping: JSON pointer to text; `?` and a pointer to the number of the variant chosen there; `#` and a
pointer to how many rows an array shows. Numbers go into the JSON text digit for digit.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from workflows.inputs.fields import Field
from workflows.inputs.reading import InputProblem, read
from workflows.inputs.schemas import check
from workflows.inputs.writing import dump

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
MOST_ROWS = 100
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Written:
    """JSON text, empty for none; `is_typed` unless it stands there only because the schema leaves no choice."""

    text: str = ""
    is_typed: bool = False


def compose(fields: tuple[Field, ...], typed: Typed) -> str:
    """The JSON text of what was typed. What was left empty is left out."""
    return _object(fields, "", typed, is_wanted=True).text


def present(fields: Iterable[Field], path: str, typed: Typed) -> list[Field]:
    """The fields of an object that there are, given what was typed: conditions decided, inline choices made."""
    found: dict[tuple[bool, str], Field] = {}
    _gather(fields, path, typed, found)
    return list(found.values())


def _gather(fields: Iterable[Field], path: str, typed: Typed, found: dict[tuple[bool, str], Field]) -> None:
    for field in fields:
        if field.kind == "when":
            so_far = "{" + ", ".join(text for text, _ in _members(found.values(), path, typed)) + "}"
            _gather(field.otherwise if check(read(so_far), field.test) else field.fields, path, typed, found)
        elif field.kind == "absent":
            found.pop((False, field.name), None)
        else:
            found[field.is_inline, field.name] = field
            if field.is_inline and (variant := chosen(field, path, typed)):
                _gather(variant.fields, path, typed, found)


def decider(field: Field, path: str) -> str:
    """The name under which the number of the variant is typed that was chosen at a path."""
    return f"?{path}{field.name if field.is_inline else ''}"


def chosen(field: Field, path: str, typed: Typed) -> Field | None:
    """The variant chosen, if any."""
    number = typed.get(decider(field, path), "")
    fits = number.isdecimal() and len(number) < 4 and int(number) < len(field.variants)
    return field.variants[int(number)] if fits else None


def rows_asked(name: str, typed: Typed) -> int | None:
    """How many rows of an array the page shows; None where nothing says."""
    asked = typed.get(f"#{name}", "")
    return min(int(asked), MOST_ROWS) if asked.isdecimal() and len(asked) < 4 else None


def rows(name: str, typed: Typed) -> int:
    """How many rows of an array hold something."""
    begin = f"{name}/"
    numbers = [
        path.lstrip("?")[len(begin) :].split("/", 1)[0]
        for path, text in typed.items()
        if text and path.lstrip("?").startswith(begin)
    ]
    return min(
        max((int(number) + 1 for number in numbers if number.isdecimal() and len(number) < 4), default=0), MOST_ROWS
    )


def _object(fields: Iterable[Field], path: str, typed: Typed, *, is_wanted: bool) -> _Written:
    members = list(_members(present(fields, path, typed), path, typed))
    is_typed = any(was_typed for _, was_typed in members)
    if not is_typed and not is_wanted:
        return _Written()
    return _Written("{" + ", ".join(text for text, _ in members) + "}", is_typed)


def _members(fields: Iterable[Field], path: str, typed: Typed) -> Iterator[tuple[str, bool]]:
    """The members written, and whether each was typed."""
    for field in fields:
        if field.is_inline:
            continue
        written = _value(field, f"{path}/{field.key}", typed)
        if written.text:
            yield f"{json.dumps(field.name, ensure_ascii=False)}: {written.text}", written.is_typed


def _value(field: Field, path: str, typed: Typed) -> _Written:
    if field.kind == "const":
        return _Written(dump(field.choices[0]))
    if field.kind == "object":
        return _object(field.fields, path, typed, is_wanted=field.required)
    if field.kind == "choice":
        variant = chosen(field, path, typed)
        return _Written(_value(variant, path, typed).text, is_typed=True) if variant else _Written()
    if field.kind == "array" and field.item:
        return _array(field, field.item, path, typed)
    text = typed.get(path, "")
    return _Written(_scalar(field, text), is_typed=True) if text else _Written()


def written_rows(field: Field, item: Field, path: str, typed: Typed) -> list[int]:
    """The rows of an array that are written, in their order: those with something typed, and as many as there must be.

    What is missing is then told at the fields of a row that is on the page, not of the array.
    """
    filled = _filled_rows(item, path, typed)
    if not item.needs_typing or not (field.required or filled):
        return filled
    empty = [row for row in range(rows_asked(path, typed) or 0) if row not in filled]
    return sorted([*filled, *empty[: max(0, field.min_rows - len(filled))]])


def _filled_rows(item: Field, path: str, typed: Typed) -> list[int]:
    found = ((row, _value(item, f"{path}/{row}", typed)) for row in range(rows(path, typed)))
    return [row for row, one in found if one.text and one.is_typed]


def _array(field: Field, item: Field, path: str, typed: Typed) -> _Written:
    kept = [_value(item, f"{path}/{row}", typed) for row in written_rows(field, item, path, typed)]
    if not kept and not field.required:
        return _Written()
    return _Written("[" + ", ".join(one.text for one in kept) + "]", is_typed=any(one.is_typed for one in kept))


def _scalar(field: Field, value: str) -> str:
    is_verbatim = (
        (field.kind in ("number", "integer") and NUMBER.fullmatch(value.strip()))
        or (field.kind == "boolean" and value in ("true", "false"))
        or (field.kind == "enum" and any(dump(choice) == value for choice in field.choices))
        or (field.kind == "json" and _is_json(value))
    )
    # Anything else is passed on as text: the schema's own words then say what is wrong with it.
    return value.strip() if is_verbatim else json.dumps(value, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        read(text)
    except InputProblem:
        return False
    return True
