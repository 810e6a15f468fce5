"""Holds one object against its shape: unknown, missing, exclusive and wrongly typed fields. Knows no single field."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker.fields import Shape
from workflows.asl.checker.values import error
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import Place, Problem


def check_object(raw: Mapping[str, Any], path: Place, shape: Shape, language: QueryLanguage) -> Iterator[Problem]:
    """What is wrong with an object's own fields."""
    if shape.required:
        yield from check_required(raw, path, shape.required)
    for group in shape.alternatives:
        if len(named := [name for name in group if name in raw]) > 1:
            message = f"{' and '.join(named)} exclude each other; keep one of them."
            yield error("EXCLUSIVE_FIELDS", (path, named[1]), message)
    for name, value in raw.items():
        field = shape.fields.get(name)
        kind = field.kind(language) if field else None
        yield from kind(value, (path, name)) if kind else _refused(name, (path, name), shape, language)


def check_required(raw: Mapping[str, Any], path: Place, names: tuple[str, ...]) -> Iterator[Problem]:
    """The fields that an object lacks."""
    missing = [name for name in names if name not in raw]
    if missing:
        yield error("MISSING_FIELD", path, f"{' and '.join(missing)} must be given; add what is missing here.")


def _refused(name: str, path: Place, shape: Shape, language: QueryLanguage) -> Iterator[Problem]:
    if name not in shape.fields:
        yield error("UNKNOWN_FIELD", path, _unknown(name, shape))
        return
    other = "JSONata" if language == "JSONPath" else "JSONPath"
    message = f"{name} belongs to {other}, and the query language here is {language}; remove it or change that."
    yield error("WRONG_QUERY_LANGUAGE", path, message)


def _unknown(name: str, shape: Shape) -> str:
    same = next((known for known in shape.fields if known.lower() == name.lower()), None)
    if same:
        return f"{name[:80]} is written {same}; mind the upper and lower case."
    return f"AWS takes no field {name[:80]} here; remove it or correct its name."
