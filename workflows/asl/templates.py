"""Fills payload templates: `.$` members by JSONPath or intrinsic function, `{% %}` texts by JSONata.

Knows values, not states. What cannot be filled in is a `DataError` with AWS's own name for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.asl import bounds, functions, intrinsics, paths
from workflows.asl.functions import IntrinsicFailure, Unknowable, be_in_time
from workflows.asl.intrinsics import IntrinsicSyntaxError
from workflows.asl.jsonata import UNDEFINED, EvaluationError, Evaluator, Unread, expression_in

RUNTIME = "States.Runtime"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"

# By name alone: a function may be handed on (`~> $map($random)`) as well as called.
_CHANGING = re.compile(r"\$(uuid|random|now|millis|shuffle)\b(\s*\()?")
_KNOWN_BEFORE = (("Execution", "Input"), ("State", "Name"))
# `$states` other than by a name of which all is known before a run.
_CONTEXT = re.compile(
    r"\$states\b(?!\s*\.\s*(input|result|errorOutput"
    r"|context\s*\.\s*(Execution\s*\.\s*Input|State\s*\.\s*Name))\b)"
)


class DataError(Exception):
    """A value could not be made: `error` is AWS's name for it."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error, self.cause = error, cause


@dataclass(frozen=True, slots=True)
class Scope:
    """What a template sees: variables, the context object as far as it is known, and who evaluates JSONata.

    `is_whole` says that the context object is all there; else only the execution's input and the state's name are.
    """

    variables: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    is_whole: bool = True
    evaluator: Evaluator | None = None

    def knows(self, text: str) -> bool:
        """Whether the value of a path or JSONata expression does not depend on what only a running machine has."""
        if text.startswith("$$"):
            return self._has(_path(text))
        return not (self.is_changing(text) or (_CONTEXT.search(text) and not self.is_whole))

    def is_changing(self, expression: str) -> bool:
        """Whether JSONata may give another value each time; a variable may bear the name of such a function."""
        return any(called[2] or called[1] not in self.variables for called in _CHANGING.finditer(expression))

    def _has(self, path: paths.Path) -> bool:
        is_known = path.is_definite and path.steps[:2] in _KNOWN_BEFORE  # a filter may ask for any of it by `$`
        return self.is_whole or path.root != "context" or is_known

    def find(self, path: paths.Path, data: Any) -> Any:
        """The value of a path. Raises DataError, Unknowable."""
        if not self._has(path):
            raise Unknowable(f"{path.text} is known only while it runs")
        try:
            found = paths.find(path, data, self.variables, self.context)
        except paths.TooMuch:
            raise Unknowable(f"{path.text} looks through too much to be followed here") from None
        except paths.Missing:
            raise DataError(RUNTIME, f"The JSONPath '{path.text}' could not be found in the input.") from None
        if not path.is_definite and not paths.begins(path, data, self.variables, self.context):
            raise Unknowable(f"{path.text} searches in what the data does not have; what AWS gives then is not known")
        return found


def select(path: Any, data: Any, scope: Scope) -> Any:
    """What a path field lets through: null means an empty object. Raises DataError, Unknowable."""
    if path is None:
        return {}
    if path == "$":
        return data
    return scope.find(_path(path), data)


def select_or_call(text: Any, data: Any, scope: Scope) -> Any:
    """What a field gives that takes a path or an intrinsic function. Raises DataError, Unknowable."""
    is_call = isinstance(text, str) and text.strip().startswith("States.")
    return _call(text, data, scope) if is_call else scope.find(_path(text), data)


def fill_paths(template: Any, data: Any, scope: Scope) -> Any:
    """A payload template of JSONPath with its `.$` members filled from `data`. Raises DataError, Unknowable."""
    if isinstance(template, list):
        return [fill_paths(item, data, scope) for item in template]
    if not isinstance(template, Mapping):
        return template
    return dict(_member(name, value, data, scope) for name, value in template.items())


def _member(name: str, value: Any, data: Any, scope: Scope) -> tuple[str, Any]:
    be_in_time()
    if not name.endswith(".$"):
        return name, fill_paths(value, data, scope)
    return name[:-2], select_or_call(value, data, scope)


def _call(text: str, data: Any, scope: Scope) -> Any:
    try:
        return functions.evaluate(intrinsics.parse(text), lambda path: scope.find(path, data))
    except paths.PathSyntaxError as problem:
        raise Unknowable(f"{text} has a path that only AWS reads") from problem
    except (IntrinsicFailure, IntrinsicSyntaxError) as problem:
        raise DataError(INTRINSIC_FAILURE, f"{text}: {problem}.") from problem


def _path(text: Any) -> paths.Path:
    try:
        return paths.parse(text)
    except paths.PathSyntaxError as problem:
        # A definition that AWS took has no paths that are none, only some that are not read here.
        raise Unknowable(f"{text} is a path that only AWS reads") from problem
    except TypeError as problem:
        raise DataError(RUNTIME, f"'{text}' is not a path.") from problem


def fill_expressions(template: Any, states: Mapping[str, Any], scope: Scope, where: str) -> Any:
    """Any JSON with its `{% %}` texts evaluated; `states` is `$states`. Raises DataError, Unknowable."""
    if isinstance(template, list):
        return [fill_expressions(item, states, scope, f"{where}[{index}]") for index, item in enumerate(template)]
    if isinstance(template, Mapping):
        return {name: fill_expressions(value, states, scope, f"{where}/{name}") for name, value in template.items()}
    expression = expression_in(template) if isinstance(template, str) else None
    return template if expression is None else _evaluate(expression, states, scope, where)


def _evaluate(expression: str, states: Mapping[str, Any], scope: Scope, where: str) -> Any:
    if scope.evaluator is None:
        raise Unknowable("nothing here evaluates JSONata")
    be_in_time()
    if scope.is_changing(expression):
        raise Unknowable(f"{where} gives another value every time")
    if _CONTEXT.search(expression) and not scope.is_whole:
        raise Unknowable(f"{where} reads the context object, which is known only while it runs")
    named = f"The JSONata expression '{expression}' specified for the field '{where}'"
    try:
        value = scope.evaluator.evaluate(expression, {**scope.variables, "states": states}, bounds.seconds_left())
    except Unread as problem:
        raise Unknowable(f"{where} was not evaluated here: {problem.message}") from problem
    except EvaluationError as problem:
        raise DataError(QUERY_EVALUATION_ERROR, f"{named} {problem.outcome}") from problem
    if value is UNDEFINED:
        raise DataError(QUERY_EVALUATION_ERROR, f"{named} returned nothing (undefined).")
    return value
