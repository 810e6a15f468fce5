"""From the body and headers of a request to the input of a workflow: by paths, or by JSONata in a child process.

Numbers found by paths keep every digit; inside JSONata they are doubles.
"""

from collections.abc import Mapping
from typing import Any

from workflows import inputs, lines
from workflows.asl import documents
from workflows.asl.jsonata import UNDEFINED, EvaluationError
from workflows.evaluation import evaluator
from workflows.inputs import InputProblem
from workflows.inputs.writing import dump
from workflows.lines import BadLine

LONGEST = 10_000
MOST_LINES = 100
HEADER = "header:"
PATHS, JSONATA = "paths", "jsonata"


class BadMapping(ValueError):
    """The mapping cannot be used, or gave nothing that can be an input; its text says why."""


def check(language: str, mapping: str) -> None:
    """Pass if the mapping could be used. Raises BadMapping."""
    if len(mapping) > LONGEST or "\0" in mapping:
        raise BadMapping(f"At most {LONGEST:,} characters, none of them NUL.")
    if language == JSONATA and mapping.strip():
        try:
            wrong = evaluator().read(mapping).problem
        except EvaluationError as error:
            raise BadMapping(str(error)) from error
        if wrong:
            raise BadMapping(wrong)
    if language == PATHS:
        _read(mapping)


def apply(language: str, mapping: str, body: Any, text: str, headers: Mapping[str, str]) -> str:
    """The JSON text of the input; without a mapping the body's own `text`. `headers` in small letters.

    Raises BadMapping.
    """
    if not mapping.strip():
        return text
    if language == PATHS:
        return _written({name: _value(path, body, headers) for name, path in _found(mapping, body, headers)})
    try:
        value = evaluator().evaluate(mapping, {"body": body, "headers": dict(headers)})
    except EvaluationError as error:
        raise BadMapping(f"The mapping failed: {error}") from error
    if value is UNDEFINED:
        raise BadMapping("The mapping gave nothing for this request.")
    return _written(value)


def _written(value: Any) -> str:
    """JSON text with every character as it is; escaped where it holds halves of characters, which no text can."""
    text = dump(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return documents.write(value)
    return text


def _read(mapping: str) -> dict[str, str]:
    try:
        read = lines.read(mapping)
    except BadLine as problem:
        raise BadMapping(str(problem)) from problem
    if len(read) > MOST_LINES:
        raise BadMapping(f"At most {MOST_LINES} lines.")
    for name, path in read.items():
        _check_value(name, path)
    return read


def _check_value(name: str, path: str) -> None:
    if path.startswith("$") and path != "$" and not inputs.is_key_path(path):
        raise BadMapping(f"“{name}”: {path} is no path to one value, such as $.data.id.")


def _found(mapping: str, body: Any, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The lines whose value is there in this request."""
    return [(name, path) for name, path in _read(mapping).items() if _value(path, body, headers) is not _MISSING]


def _value(path: str, body: Any, headers: Mapping[str, str]) -> Any:
    if path == "$":
        return body
    if path.startswith("$"):
        return inputs.value_at(body, path, _MISSING)
    if path.startswith(HEADER):
        return headers.get(path.removeprefix(HEADER).strip().lower(), _MISSING)
    try:
        return inputs.read(path)
    except InputProblem:
        return path  # a text as it stands


_MISSING = object()
