"""A form for the input of a workflow: its schema's fields with what was typed, and the JSON text that makes.

What was typed is a flat mapping from JSON pointer to text. Numbers go into the JSON text digit for digit. The schema
decides whether values are right, not this module; its problems come back by pointer.
"""

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from typing import Literal

from workflows import json_text
from workflows.inputs import REQUIRED, Field, FieldProblem, InputProblem, check, parse_input, read
from workflows.inputs.composing import MOST_ROWS, Typed, compose, rows
from workflows.inputs.controls import Control, controls
from workflows.inputs.spreading import defaults, row_defaults, spread


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

    def missing(self, schema: str) -> list[str]:
        """What is required and not there yet, by its label."""
        return [label for label, message in self._refused(schema) if message == REQUIRED]

    def wrong(self, schema: str) -> list[str]:
        """What is there and would not be accepted, with why."""
        return [f"{label}: {message}" for label, message in self._refused(schema) if message != REQUIRED]

    def _refused(self, schema: str) -> Iterator[tuple[str, str]]:
        """What does not fit the schema, by its label; nothing of what is no JSON."""
        try:
            problems = check(parse_input(self.input), schema)
        except InputProblem:
            return
        labels = {one.name: one.field.label for one in _every(self.controls)} if self.mode == "form" else {}
        for problem in problems:
            yield labels.get(problem.path, problem.path.rsplit("/", 1)[-1] or "The input"), problem.message

    @property
    def decides(self) -> bool:
        """Whether which fields there are depends on what is typed."""
        return any(field.decides for field in self.fields)

    @property
    def shape(self) -> str:
        """Tells two sets of fields apart: which there are, and which must be filled in."""
        told = (f"{_name(one)}{'!' * one.field.required}" for one in _every(self.controls))
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many rows each array shows, to be sent along."""
        arrays = (one for one in _every(self.controls) if one.field.kind == "array")
        return [(f"#{one.name}", len(one.controls)) for one in arrays]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What was typed into fields that do not apply now, to be sent along: it is there again when they do."""
        shown = {one.name for one in _every(self.controls)} | {name for name, _ in self.counts}
        return [(name, text) for name, text in self.typed.items() if text and name not in shown]

    def with_row(self, name: str) -> "Draft":
        """With one row more in the array of that name."""
        shown = next((one for one in _every(self.controls) if one.name == name and one.field.kind == "array"), None)
        if shown is None:
            return self
        count = min(len(shown.controls) + 1, MOST_ROWS)
        typed = {**self.typed, f"#{name}": str(count)}
        if shown.field.item and count > len(shown.controls):
            typed |= row_defaults(shown.field.item, name, count - 1)
        return replace(self, typed=typed, problems=())._counted()

    def without_row(self, name: str) -> "Draft":
        """Without the row of that name; those after it move up."""
        shown = next((one for one in _every(self.controls) if one.name == name and one.is_row), None)
        if shown is None:
            return self
        array, _, row = name.rpartition("/")
        typed = dict(_less_row(self.typed, array, int(row)))
        count = len(next(one for one in _every(self.controls) if one.name == array).controls) - 1
        return replace(self, typed={**typed, f"#{array}": str(count)}, problems=())

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
        return replace(self, mode="form", typed=typed, problems=())._counted()

    def _counted(self) -> "Draft":
        """With as many rows in each array as hold something, and one to begin with where one must be."""
        arrays = (one for one in _every(self.controls) if one.field.kind == "array")
        counts = {f"#{one.name}": str(rows(one.name, self.typed) or _least_rows(one.field)) for one in arrays}
        return replace(self, typed={**counts, **self.typed})


def _least_rows(field: Field) -> int:
    return min(max(1, field.min_rows), MOST_ROWS) if field.required else 0


def blank(fields: tuple[Field, ...]) -> Draft:
    """Nothing typed yet but the schema's defaults; JSON where the schema describes no fields."""
    return Draft(fields, "form" if fields else "json", defaults(fields), text="" if fields else "{}")._counted()


def of_text(fields: tuple[Field, ...], text: str, reference: str = "") -> Draft:
    """An input that exists, as a form if the fields can hold it."""
    draft = Draft(fields, "json", text=json_text.pretty(text), reference=reference)
    return replace(draft.as_form(), problems=()) if fields else draft


def of_post(fields: tuple[Field, ...], post: Mapping[str, str]) -> Draft:
    """What was sent; arrays that came with a choice just made begin as they do in a blank form."""
    draft = Draft(
        fields,
        "form" if fields and post.get("mode") == "form" else "json",
        {name: text for name, text in post.items() if name.startswith(("/", "?", "#"))},
        post.get("input", ""),
        post.get("reference", ""),
        post.get("key") or uuid.uuid4().hex,
    )
    return draft._counted() if draft.mode == "form" else draft


def _less_row(typed: Typed, array: str, row: int) -> Iterator[tuple[str, str]]:
    """What was typed, but for one row; what stood in later rows stands one row earlier."""
    within = re.compile(rf"([?#]?){re.escape(array)}/(\d+)((?:/.*)?)", re.DOTALL)
    for name, text in typed.items():
        found = within.fullmatch(name)
        if found is None or int(found[2]) < row:
            yield name, text
        elif int(found[2]) > row:
            yield f"{found[1]}{array}/{int(found[2]) - 1}{found[3]}", text


def _every(found: Iterable[Control]) -> Iterator[Control]:
    for control in found:
        yield control
        yield from _every(control.controls)


def _names(found: Iterable[Control]) -> Iterator[str]:
    return (_name(control) for control in _every(found))


def _name(control: Control) -> str:
    return control.name.removeprefix("?")
