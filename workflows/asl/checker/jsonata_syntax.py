"""Every JSONata expression of a definition, read by an evaluator: its syntax, and what it may not refer to.

Evaluates nothing.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from workflows.asl import bounds
from workflows.asl.checker.expressions import is_expression
from workflows.asl.checker.states import language_of
from workflows.asl.checker.values import error, has_placeholder, name_of, warning
from workflows.asl.jsonata import ERROR_OUTPUT, RESULT, Evaluator, Reading, Unread, expression_in
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import TOP, Place, Problem, names_of

SECONDS = 0.4  # for all expressions of a definition: each is a question to another process, which may be slow

_MACHINES = frozenset(["States", "Branches", "ItemProcessor", "Iterator"])
Result = Literal["there", "doubtful", "none"]
_NOT_EVALUATED = frozenset(["Comment", "Type", "Next", "Default", "Resource", "Label", "QueryLanguage"])


def check_syntax(raw: Mapping[str, Any], evaluator: Evaluator) -> Iterator[Problem]:
    """What an evaluator says against the expressions of a machine."""
    language: QueryLanguage = "JSONata" if raw.get("QueryLanguage") == "JSONata" else "JSONPath"
    readings: dict[str, Reading] = {}
    until = 0.0
    for value, path, result in _expressions(raw, TOP, language, is_state=False):
        expression = expression_in(value) or ""
        if expression not in readings:
            if not readings:
                evaluator.make_ready()
                until = time.monotonic() + min(SECONDS, bounds.seconds_left() or SECONDS)
            if (left := until - time.monotonic()) <= 0:
                message = "There is too much JSONata to read it all in time; from here on it was not checked."
                yield warning("CHECK_INCOMPLETE", path, message)
                return
            try:
                readings[expression] = evaluator.read(expression, left)
            except Unread as why:
                # Slow here says nothing of what AWS thinks of it, so it must not become an error.
                readings[expression] = Reading()
                yield warning("CHECK_INCOMPLETE", path, f"{name_of(path)} was not checked: {why.message}")
        yield from _told(readings[expression], path, result)


def _told(reading: Reading, path: Place, result: Result) -> Iterator[Problem]:
    field = name_of(path)
    if reading.problem:
        yield error("INVALID_JSONATA", path, f"{field} cannot be read as JSONata: {reading.problem.rstrip('.')}.")
    for name in reading.looked_up:
        if name == ERROR_OUTPUT:
            if not _is_of_a_catch(path):
                message = f"{field} refers to {name}, which is there in the Output and Assign of a Catch only."
                yield error("UNSUPPORTED_JSONATA", path, message)
            continue
        if name == RESULT:
            yield from _without_result(path, result)
            continue
        instead = "$states.input" if name.startswith("$") else f"$states.input.{name}"
        message = f'{field} refers to "{name[:80]}" of an input, and expressions have none; write {instead[:100]}.'
        yield error("UNSUPPORTED_JSONATA", path, message)


def _without_result(path: Place, result: Result) -> Iterator[Problem]:
    message = f"{name_of(path)} refers to {RESULT}, which is there in the Output and Assign of a Task, Map or Parallel"
    if result == "none":
        yield error("UNSUPPORTED_JSONATA", path, f"{message} only.")
    elif result == "doubtful":
        yield warning("UNSUPPORTED_JSONATA", path, f"{message}; AWS probably refuses it here.")


def _result_in(kind: Any, field: str) -> Result:
    """Whether a state has a result where one of its fields is evaluated. The guide says nothing clear of Pass."""
    if field not in ("Output", "Assign") or kind not in ("Task", "Map", "Parallel", "Pass"):
        return "none"
    return "doubtful" if kind == "Pass" else "there"


def _is_of_a_catch(path: Place) -> bool:
    names = names_of(path)
    return any(
        around == "Catch" and isinstance(index, int) and name in ("Output", "Assign")
        for around, index, name in zip(names, names[1:], names[2:], strict=False)
    )


def _expressions(
    raw: Mapping[str, Any], path: Place, language: QueryLanguage, *, is_state: bool
) -> Iterator[tuple[str, Place, Result]]:
    own = language_of(raw, language) if is_state else language
    for name, value in raw.items():
        place = (path, name)
        if name in _MACHINES:
            yield from _machines(name, value, place, language)
        elif is_state and own == "JSONata" and name not in _NOT_EVALUATED:
            result = _result_in(raw.get("Type"), name)
            yield from ((text, at, result) for text, at in _texts(value, place))


def _machines(name: str, value: Any, path: Place, language: QueryLanguage) -> Iterator[tuple[str, Place, Result]]:
    if name == "States" and isinstance(value, dict):
        for state_name, state in value.items():
            if isinstance(state, dict):
                yield from _expressions(state, (path, state_name), language, is_state=True)
    elif name == "Branches" and isinstance(value, list):
        for index, branch in enumerate(value):
            if isinstance(branch, dict):
                yield from _expressions(branch, (path, index), language, is_state=False)
    elif isinstance(value, dict):
        yield from _expressions(value, path, language, is_state=False)


def _texts(value: Any, path: Place) -> Iterator[tuple[str, Place]]:
    if isinstance(value, str):
        if is_expression(value) and not has_placeholder(value):
            yield value, path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, (path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (path, index))
