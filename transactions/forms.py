"""A form for the input of a workflow: its schema's fields with what was typed, and the JSON text that makes.

What was typed is a flat mapping from JSON pointer to text. Numbers go into the JSON text digit for digit. The schema
decides whether values are right, not this module; its problems come back by pointer.
"""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from decimal import Decimal
from typing import Any, Literal

from workflows import json_text
from workflows.inputs import Field, FieldProblem, InputProblem, read
from workflows.inputs.controls import MOST_ROWS, Control, Typed, controls, dump, rows

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Draft:
    """A submission being written: as a form (`typed`) or as JSON text (`text`), with what is wrong with it.

    `key` makes sending it twice the same as sending it once.
    """

    fields: tuple[Field, ...]
    mode: Literal["form", "json"]
    typed: Typed = made_by(default_factory=dict)
    text: str = ""
    reference: str = ""
    key: str = made_by(default_factory=lambda: uuid.uuid4().hex)
    problems: tuple[FieldProblem, ...] = ()

    @property
    def input(self) -> str:
        """The JSON text it stands for."""
        return compose(self.fields, self.typed) if self.mode == "form" else self.text

    @property
    def controls(self) -> list[Control]:
        """The form's fields, each with its own problem."""
        at = {problem.path.removeprefix("/input"): problem.message for problem in reversed(self.problems)}
        return controls(self.fields, self.typed, at)

    @property
    def reference_problem(self) -> str:
        """What is wrong with the reference."""
        return next((problem.message for problem in self.problems if problem.path == "/reference"), "")

    @property
    def other_problems(self) -> list[FieldProblem]:
        """Problems that no field on the page shows."""
        shown = {"/reference"} | ({f"/input{name}" for name in _names(self.controls)} if self.mode == "form" else set())
        return [problem for problem in self.problems if problem.path not in shown]

    def as_json(self) -> "Draft":
        """The same as JSON text."""
        return replace(self, mode="json", text=json_text.pretty(self.input), problems=())

    def as_form(self) -> "Draft":
        """The same as a form, if its fields can hold all of it; else as it was, saying why."""
        try:
            typed, left_over = spread(self.fields, read(self.text) if self.text.strip() else {})
        except InputProblem as problem:
            return replace(self, problems=(FieldProblem(f"/input{problem.path}", problem.message),))
        if left_over:
            why = "The form has no field for this value, so it stays as JSON."
            return replace(self, problems=tuple(FieldProblem(f"/input{path}", why) for path in left_over))
        return replace(self, mode="form", typed=typed, problems=())


def blank(fields: tuple[Field, ...]) -> Draft:
    """Nothing typed yet but the schema's defaults; JSON where the schema describes no fields."""
    typed = {f"/{one.key}": _typed(one, one.default) or "" for one in fields if one.default is not None}
    return Draft(fields, "form" if fields else "json", typed, text="" if fields else "{}")


def of_text(fields: tuple[Field, ...], text: str, reference: str = "") -> Draft:
    """An input that exists, as a form if the fields can hold it."""
    draft = Draft(fields, "json", text=json_text.pretty(text), reference=reference)
    return replace(draft.as_form(), problems=()) if fields else draft


def of_post(fields: tuple[Field, ...], post: Mapping[str, str]) -> Draft:
    """What was sent."""
    return Draft(
        fields,
        "form" if fields and post.get("mode") == "form" else "json",
        {name: text for name, text in post.items() if name.startswith("/")},
        post.get("input", ""),
        post.get("reference", ""),
        post.get("key") or uuid.uuid4().hex,
    )


def _names(found: Iterable[Control]) -> Iterator[str]:
    for control in found:
        yield control.name
        yield from _names(control.controls)


# ---- from what was typed to JSON text


def compose(fields: tuple[Field, ...], typed: Typed) -> str:
    """The JSON text of what was typed, on several lines. What was left empty is left out."""
    return _object(fields, "", typed) or "{}"


def _object(fields: tuple[Field, ...], path: str, typed: Typed) -> str:
    texts = ((field.name, _text(field, f"{path}/{field.key}", typed)) for field in fields)
    members = [f"{json.dumps(name, ensure_ascii=False)}: {text}" for name, text in texts if text]
    return "{" + ", ".join(members) + "}" if members else ""


def _text(field: Field, path: str, typed: Typed) -> str:
    if field.kind == "object":
        return _object(field.fields, path, typed)
    if field.kind == "array" and field.item:
        texts = [_text(field.item, f"{path}/{row}", typed) for row in range(min(rows(path, typed), MOST_ROWS))]
        return "[" + ", ".join(text for text in texts if text) + "]" if any(texts) else ""
    value = typed.get(path, "")
    return _scalar(field, value) if value else ""


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


# ---- from a value to what would have been typed


def spread(fields: tuple[Field, ...], value: Any) -> tuple[dict[str, str], list[str]]:
    """What one would type to get `value` (as `workflows.inputs.read` gives it), and the pointers no field can hold."""
    typed: dict[str, str] = {}
    left_over = list(_spread_object(fields, "", value, typed))
    return typed, left_over


def _spread_object(fields: tuple[Field, ...], path: str, value: Any, typed: dict[str, str]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield path
        return
    known = {field.name: field for field in fields}
    for name, one in value.items():
        if name in known:
            yield from _spread(known[name], f"{path}/{known[name].key}", one, typed)
        else:
            yield f"{path}/{name}"


def _spread(field: Field, path: str, value: Any, typed: dict[str, str]) -> Iterator[str]:
    if field.kind == "object":
        yield from _spread_object(field.fields, path, value, typed)
    elif field.kind == "array" and field.item and isinstance(value, list):
        for row, one in enumerate(value):
            yield from _spread(field.item, f"{path}/{row}", one, typed)
    elif (text := _typed(field, value)) is None:
        yield path
    else:
        typed[path] = text


def _typed(field: Field, value: Any) -> str | None:
    if field.kind in ("json", "enum"):
        return dump(value)
    if isinstance(value, bool):
        return dump(value) if field.kind == "boolean" else None
    if isinstance(value, str):
        return value if value and field.kind in ("text", "date", "datetime") else None
    if isinstance(value, int | Decimal):
        return str(value) if field.kind in ("number", "integer") else None
    return None
