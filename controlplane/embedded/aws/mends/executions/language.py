"""Evaluates what a definition says about data: paths, templates, JSONata, Assign.

ministack's own path reader takes what is missing for null and knows no `$variable`; its JSONata lets internal names
into `$states.context`. Intrinsic functions and the JSONata engine are ministack's.
"""

import re
from collections.abc import Mapping
from typing import Any

import jsonata
from ministack.services import stepfunctions as sf

from .journal import Line, write

ExecutionError = sf._ExecutionError
State = Mapping[str, Any]

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")


class MissingError(Exception):
    """A path leads to nothing."""


class EvaluationError(ExecutionError):  # type: ignore[misc, valid-type]
    """A JSONata expression failed; `location` is the field, as in the EvaluationFailed event."""

    def __init__(self, line: Line, location: str, message: str) -> None:
        super().__init__("States.QueryEvaluationError", explain(line, message))
        self.location = location
        self.noted = False
        self.state = line.context["State"]["Name"]


def is_jsonata(state: State, line: Line) -> bool:
    """Whether a state speaks JSONata."""
    default = line.run.definition.get("QueryLanguage", "JSONPath")
    return bool(state.get("QueryLanguage", default) == "JSONata")


def explain(line: Line, message: str) -> str:
    """A cause, with the state in which it arose, as AWS words it."""
    state = line.context["State"]
    return (
        f"An error occurred while executing the state '{state['Name']}' "
        f"(entered at the event id #{state['_entered']}). {message}"
    )


def fail(line: Line, message: str, error: str = "States.Runtime") -> Exception:
    """The error of a state that cannot go on."""
    failure: Exception = ExecutionError(error, explain(line, message))
    return failure


# ---- JSONPath


def lookup(path: str, data: Any, line: Line) -> Any:
    """What `path` selects from `data`, from a variable (`$name`) or from the context object (`$$`)."""
    if path.startswith("$$"):
        return _walk("$" + path[2:], public_context(line), path)
    variable = _VARIABLE.match(path)
    if variable is None:
        return _walk(path, data, path)
    if variable[1] not in line.variables:
        raise MissingError(path)
    return _walk("$" + path[variable.end() :], line.variables[variable[1]], path)


def select(path: str, data: Any, line: Line) -> Any:
    """Like `lookup`, or an intrinsic function; what is missing fails the state."""
    try:
        return _intrinsic(path, data, line) if path.startswith("States.") else lookup(path, data, line)
    except MissingError as missing:
        message = f"The JSONPath '{missing}' could not be found in the input '{write(data)}'"
        raise fail(line, message, "States.ParameterPathFailure") from None


def fill(template: Any, data: Any, line: Line) -> Any:
    """A payload template with its `.$` members replaced."""
    if isinstance(template, list):
        return [fill(item, data, line) for item in template]
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): select(value, data, line) if key.endswith(".$") else fill(value, data, line)
        for key, value in template.items()
    }


def input_of(state: State, data: Any, line: Line) -> Any:
    """The effective input by InputPath."""
    return _by_path(state, "InputPath", data, line)


def output_of(state: State, data: Any, line: Line) -> Any:
    """The output by OutputPath."""
    return _by_path(state, "OutputPath", data, line)


def place(state: State, data: Any, result: Any) -> Any:
    """`result` put into `data` by ResultPath."""
    return sf._apply_result_path_raw(state.get("ResultPath", "$"), data, result)


def _by_path(state: State, field: str, data: Any, line: Line) -> Any:
    path = state.get(field, "$")
    if path is None:
        return {}
    try:
        return lookup(path, data, line)
    except MissingError:
        message = f"Invalid path '{path}' : No results for path: {path}"
        raise fail(line, message) from None


def _intrinsic(expression: str, data: Any, line: Line) -> Any:
    try:
        return sf._evaluate_intrinsic(expression, data, line)
    except (MissingError, ExecutionError):
        raise
    except Exception as error:
        message = f"The function '{expression}' had the following error: {error}"
        raise fail(line, message, "States.IntrinsicFailure") from None


def read_intrinsic_arguments() -> None:
    """Have intrinsic functions read their paths here; ministack passes its context through, and that is our line."""
    original = sf._eval_intrinsic_arg

    def read(argument: tuple[str, Any], data: Any, context: Any) -> Any:
        if argument[0] == "path" and isinstance(context, Line):
            return lookup(argument[1], data, context)
        return original(argument, data, context)

    sf._eval_intrinsic_arg = read


def _walk(path: str, data: Any, shown: str) -> Any:
    tokens = sf._parse_jsonpath_tokens(path)
    if tokens is None:
        raise MissingError(shown)
    found, many = [data], False
    for kind, key in tokens:
        many = many or kind == "wildcard"
        found = [value for item in found for value in _step(kind, key, item)]
        if not found and not many:
            raise MissingError(shown)
    return found if many else found[0]


def _step(kind: str, key: Any, item: Any) -> list[Any]:
    if kind == "field":
        return [item[key]] if isinstance(item, dict) and key in item else []
    if kind == "index":
        return [item[key]] if isinstance(item, list) and key < len(item) else []
    return list(item) if isinstance(item, list) else list(item.values()) if isinstance(item, dict) else []


def public_context(line: Line) -> dict[str, Any]:
    """The context object a definition may see: without what this interpreter keeps for itself."""
    state = {key: value for key, value in line.context.get("State", {}).items() if not key.startswith("_")}
    return {**line.context, "State": state}


# ---- JSONata


def evaluate(template: Any, field: str, data: Any, line: Line, **states: Any) -> Any:
    """A JSONata template: every `{% ... %}` in it evaluated; `states` are members of `$states` beside the input."""
    if isinstance(template, dict):
        return {key: evaluate(value, f"{field}/{key}", data, line, **states) for key, value in template.items()}
    if isinstance(template, list):
        return [evaluate(value, f"{field}[{index}]", data, line, **states) for index, value in enumerate(template)]
    if not isinstance(template, str) or not (template.startswith("{%") and template.endswith("%}")):
        return template
    return _evaluate_expression(template[2:-2].strip(), field, data, line, states)


def evaluate_typed(state: State, field: str, kind: str, data: Any, line: Line) -> Any:
    """A field that must evaluate to one JSON type: "array", "number", "string" ..."""
    value = evaluate(state[field], field, data, line)
    found = sf._json_type(value)
    if found == kind:
        return value
    expression = state[field][2:-2].strip() if isinstance(state[field], str) else write(state[field])
    message = (
        f"The JSONata expression '{expression}' specified for the field '{field}' returned an unexpected result type. "
        f"Expected '{kind}', but was '{found}' for value: {write(value)}"
    )
    raise EvaluationError(line, field, message)


def _evaluate_expression(text: str, field: str, data: Any, line: Line, states: dict[str, Any]) -> Any:
    null = jsonata.utils.Utils.NULL_VALUE
    bindings = {name: null if value is None else value for name, value in line.variables.items()}
    bindings["states"] = {"input": data, "context": public_context(line), **states}
    subject = f"The JSONata expression '{text}' specified for the field '{field}'"
    try:
        engine = jsonata.Jsonata.jsonata(text, timeout=1000)
        sf._register_sfn_jsonata_functions(engine)
        value = engine.evaluate(None, bindings)
        undefined = value is None and not sf._jsonata_result_defined(text, bindings)
        unsupported = callable(value) or type(value).__name__.startswith("JFunction")
    except Exception as error:
        code = getattr(error, "error", None)
        message = f"{subject} threw an error during evaluation. {f'{code}: ' if code else ''}{error}"
        raise EvaluationError(line, field, message) from None
    if undefined:
        raise EvaluationError(line, field, f"{subject} returned nothing (undefined).")
    if unsupported:
        raise EvaluationError(line, field, f"{subject} returned an unsupported result type.")
    return value


# ---- variables


def assign(source: State, data: Any, line: Line, *, jsonata: bool, **states: Any) -> dict[str, Any]:
    """Set the variables of an Assign field, all of them from the values before it; what was set."""
    wanted = source.get("Assign")
    if not wanted:
        return {}
    values = evaluate(wanted, "Assign", data, line, **states) if jsonata else fill(wanted, data, line)
    line.variables.update(values)
    return dict(values)
