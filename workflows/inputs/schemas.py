"""Checks values against JSON Schema, in words a person can act on. Nothing outside the schema is ever fetched."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonschema_rs

from workflows.inputs.reading import InputProblem, pointer, read

MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one value: a JSON pointer to it, and a sentence."""

    path: str
    message: str


def check(value: Any, schema: str) -> list[FieldProblem]:
    """What `schema` (its JSON text; empty takes anything) finds wrong with `value`; nothing when it is right."""
    if not schema:
        return []
    problems = []
    for error in _validator(schema).iter_errors(value):
        problems.append(_in_words(error))
        if len(problems) == MOST_PROBLEMS:
            break
    return problems


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


def _in_words(error: jsonschema_rs.ValidationError) -> FieldProblem:
    path = "".join(f"/{pointer(str(part))}" for part in error.instance_path)
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return FieldProblem(f"{path}/{pointer(kind.property)}", "This is required.")
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        names = ", ".join(f"“{name}”" for name in kind.unexpected)
        return FieldProblem(path, f"Not known here: {names}.")
    message = error.message if len(error.message) <= 300 else f"{error.message[:300]}…"
    return FieldProblem(path, f"{message[:1].upper()}{message[1:]}.")
