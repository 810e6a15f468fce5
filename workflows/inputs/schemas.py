"""Checks values against JSON Schema, in words a person can act on. Nothing outside the schema is ever fetched."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs

from workflows.inputs import sentences
from workflows.inputs.reading import InputProblem, pointer, read

MOST_PROBLEMS = 50
LONGEST_SENTENCE = 300
MOST_VALUES = 10_000  # that all their problems are looked for in
REQUIRED = "This is required."
# A form that complains with these was not what was meant; by the first ones it says so itself.
OF_ANOTHER_KIND = {"type", "const", "enum"}
OF_ANOTHER_FORM = {*OF_ANOTHER_KIND, "required", "additionalProperties"}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one value: a JSON pointer to it, and a sentence."""

    path: str
    message: str


def check(value: Any, schema: str) -> list[FieldProblem]:
    """What `schema` (its JSON text; empty takes anything) finds wrong with `value`; nothing when it is right.

    At most MOST_PROBLEMS, and one of a value with more than MOST_VALUES values in it.
    """
    if not schema:
        return []
    validator = _validator(schema)
    if _is_large(value):
        # The validator collects every problem before it gives the first: of a large value only one is asked for.
        return _first(validator, value, schema)
    found = (inner for error in validator.iter_errors(value) for inner in _nearest(error))
    return [_in_words(error, schema) for error in islice(found, MOST_PROBLEMS)]


def _first(validator: jsonschema_rs.Validator, value: Any, schema: str) -> list[FieldProblem]:
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [_in_words(error, schema)]
    return []


def _is_large(value: Any) -> bool:
    stack, seen = [value], 0
    while stack and seen <= MOST_VALUES:
        one = stack.pop()
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        seen += len(inner)
        stack.extend(inner)
    return seen > MOST_VALUES


def check_schema(schema: str) -> list[FieldProblem]:
    """What is wrong with a schema itself; nothing when it can be used."""
    if not schema:
        return []
    try:
        read(schema)
    except InputProblem as problem:
        return [FieldProblem(problem.path, problem.message)]
    try:
        _validator(schema)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        return [FieldProblem("", f"This is not a usable JSON Schema: {str(error).splitlines()[0]}")]
    return []


@lru_cache(maxsize=256)
def _validator(schema: str) -> jsonschema_rs.Validator:
    # Backtracking is bounded: a pattern in a schema is somebody's text too.
    return jsonschema_rs.validator_for(
        json.loads(schema), validate_formats=True, retriever=_refuse, pattern_options=jsonschema_rs.RegexOptions()
    )


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched: a schema refers only to itself.")


def _nearest(error: jsonschema_rs.ValidationError) -> Sequence[jsonschema_rs.ValidationError]:
    """Of a value that fits none of its forms, what the only form has against it that takes its shape; else itself."""
    kinds = (jsonschema_rs.ValidationErrorKind.OneOfNotValid, jsonschema_rs.ValidationErrorKind.AnyOf)
    if not isinstance(error.kind, kinds):
        return [error]
    for signs in (OF_ANOTHER_FORM, OF_ANOTHER_KIND):
        near = [found for found in error.kind.context if not any(one.kind.name in signs for one in found)]
        if len(near) == 1 and near[0]:
            return near[0]
    return [error]


def _own_words(error: jsonschema_rs.ValidationError, schema: str) -> str:
    """What the schema itself says, beside the keyword that is not met, under `errorMessage`: for all, or for each."""
    where: Any = json.loads(schema)
    *parents, keyword = error.schema_path or [""]
    for part in parents:
        inner = where.get(part) if isinstance(where, dict) else None
        where = where[part] if isinstance(where, list) and isinstance(part, int) and part < len(where) else inner
    said = where.get("errorMessage") if isinstance(where, dict) else None
    said = said.get(keyword) if isinstance(said, dict) else said
    return said if isinstance(said, str) else ""


def _in_words(error: jsonschema_rs.ValidationError, schema: str) -> FieldProblem:
    path = "".join(f"/{pointer(str(part))}" for part in error.instance_path)
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return FieldProblem(f"{path}/{pointer(kind.property)}", REQUIRED)
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        names = ", ".join(f"“{name}”" for name in kind.unexpected)
        return FieldProblem(path, f"Not known here: {names}.")
    own = _own_words(error, schema) if "errorMessage" in schema else ""
    sentence = own or sentences.of(kind.name, kind.value) or f"{error.message[:1].upper()}{error.message[1:]}."
    return FieldProblem(path, sentence if len(sentence) <= LONGEST_SENTENCE else f"{sentence[:LONGEST_SENTENCE]}…")
