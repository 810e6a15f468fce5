"""Evaluates what a definition says about data: paths, templates, JSONata, Assign.

ministack's own path reader takes what is missing for null and knows no `$variable`; its JSONata lets internal names
into `$states.context`. Its intrinsic functions know no bounds (a billion items took all memory), take what AWS refuses
and cut numbers off; its ResultPath makes an object of whatever stands in its way and takes an index for a name: those
of `workflows.asl` are called instead. It evaluates JSONata where it answers requests, so one regular expression stops
all of it for good: here a child process does, and is killed when it takes too long.
"""

import queue
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ministack.services import stepfunctions as sf

from workflows.asl import dataflow, functions, intrinsics
from workflows.asl.jsonata import UNDEFINED, OutOfTime
from workflows.asl.jsonata import EvaluationError as JsonataError
from workflows.asl.jsonata import Unsupported as JsonataUnsupported
from workflows.asl.paths import Path
from workflows.asl.templates import DataError
from workflows.evaluation import ChildEvaluator

from .journal import Line, write
from .paths import MissingError, walk

ExecutionError = sf._ExecutionError
State = Mapping[str, Any]

LARGEST_BYTES = 262_144  # of what a task gives, or a state hands on

# As AWS gives one expression; of the processor, since whoever runs beside it takes of the clock.
SECONDS_OF_PROCESSOR = 1.0
SECONDS_FOR_JSONATA = 20.0
CHILDREN = 6  # processes that evaluate at once; each starts when it is first needed

# The one that answered last is asked first, so that a quiet server has one.
_children: queue.LifoQueue[ChildEvaluator] = queue.LifoQueue()
for _ in range(CHILDREN):
    _children.put(ChildEvaluator(SECONDS_FOR_JSONATA, SECONDS_OF_PROCESSOR))

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")


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


def check_size(what: str, text: str) -> None:
    """Raise States.DataLimitExceeded if the JSON text that a task or state gives is larger than AWS lets it be."""
    if len(text) * 4 > LARGEST_BYTES and len(text.encode("utf-8", "surrogatepass")) > LARGEST_BYTES:
        cause = f"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service"
        raise ExecutionError("States.DataLimitExceeded", f"{cause} limit.")


# ---- JSONPath


def lookup(path: str, data: Any, line: Line) -> Any:
    """What `path` selects from `data`, from a variable (`$name`) or from the context object (`$$`).

    Raises MissingError, with the whole path in it.
    """
    variable = _VARIABLE.match(path)
    try:
        if path.startswith("$$"):
            return walk("$" + path[2:], public_context(line))
        if variable is None:
            return walk(path, data)
        return walk("$" + path[variable.end() :], line.variables[variable[1]])
    except (MissingError, KeyError):
        raise MissingError(path) from None


def select(path: str, data: Any, line: Line, field: str) -> Any:
    """Like `lookup`, or an intrinsic function; what is missing fails the state, naming `field`."""
    try:
        return _intrinsic(path, data, line) if path.startswith("States.") else lookup(path, data, line)
    except MissingError as missing:
        where = f"specified for the field '{field}' could not be found in the input '{write(data)}'"
        raise fail(line, f"The JSONPath '{missing}' {where}") from None


def fill(template: Any, data: Any, line: Line) -> Any:
    """A payload template with its `.$` members replaced."""
    if isinstance(template, list):
        return [fill(item, data, line) for item in template]
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): select(value, data, line, key) if key.endswith(".$") else fill(value, data, line)
        for key, value in template.items()
    }


def input_of(state: State, data: Any, line: Line) -> Any:
    """The effective input by InputPath."""
    return _by_path(state, "InputPath", data, line)


def output_of(state: State, data: Any, line: Line) -> Any:
    """The output by OutputPath."""
    return _by_path(state, "OutputPath", data, line)


def place(source: State, data: Any, result: Any, line: Line) -> Any:
    """`result` put into `data` by the ResultPath of a state or catcher; it may have no place there."""
    path = source.get("ResultPath", "$")
    try:
        return dataflow.put(path, data, result)
    except DataError as error:
        raise fail(line, f"Unable to apply ReferencePath {path} to input {write(data)}", error.error) from None


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
        return _call(expression, data, line)
    except (MissingError, ExecutionError):
        raise
    except Exception as error:
        message = f"The function '{expression}' had the following error: {error}"
        raise fail(line, message, "States.IntrinsicFailure") from None


def mend_intrinsics() -> None:
    """Have the package call our functions too where it fills templates itself; it passes our line through."""
    sf._evaluate_intrinsic = _call


def _call(expression: str, data: Any, context: Any) -> Any:
    """A call's value by `workflows.asl`, within AWS's bounds; paths are read here, or by the package without a line."""

    def look(path: Path) -> Any:
        if isinstance(context, Line):
            return lookup(path.text, data, context)
        return sf._eval_intrinsic_arg(("path", path.text), data, context)

    return _plain(functions.evaluate(intrinsics.parse(expression, _unread), look, runs=True))


def _unread(text: str) -> Path:
    """A path that nothing but its text is known of."""
    return Path(text, "input", "", ())


def _plain(value: Any) -> Any:
    """A value with the numbers that `json` writes."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


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
    bindings = {**line.variables, "states": {"input": data, "context": public_context(line), **states}}
    subject = f"The JSONata expression '{text}' specified for the field '{field}'"
    child = _children.get()
    try:
        value = child.evaluate(text, bindings)
    except JsonataUnsupported:
        raise EvaluationError(line, field, f"{subject} returned an unsupported result type.") from None
    except JsonataError as error:
        raise EvaluationError(line, field, f"{subject} threw an error during evaluation. {_tell(error)}") from None
    finally:
        _children.put(child)
    if value is UNDEFINED:
        raise EvaluationError(line, field, f"{subject} returned nothing (undefined).")
    found = _plain(value)
    if not _can_be_sent(found):
        raise EvaluationError(line, field, f"{subject} returned half of a surrogate pair.")
    return found


def _tell(error: JsonataError) -> str:
    return f"{error} That is the limit of the embedded AWS." if isinstance(error, OutOfTime) else str(error)


def _can_be_sent(value: Any) -> bool:
    try:
        write(value).encode()
    except UnicodeEncodeError:
        return False
    return True


def mend_jsonata() -> None:
    """Have what ministack evaluates itself (TestState) evaluated by the child as well."""
    sf._evaluate_jsonata = _evaluate_for_ministack


def _evaluate_for_ministack(
    expression: str, raw_input: Any, ctx: Any = None, result: Any = None, error_output: Any = None
) -> Any:
    context = dict(ctx or {})
    states = {"input": raw_input, "result": result, "errorOutput": error_output, "context": context}
    child = _children.get()
    try:
        value = child.evaluate(expression, {**context.get("variables", {}), "states": states})
    except JsonataError as error:
        raise ExecutionError("States.QueryEvaluationError", _tell(error)) from None
    finally:
        _children.put(child)
    if value is UNDEFINED:
        raise ExecutionError("States.QueryEvaluationError", f"JSONata expression did not return a result: {expression}")
    return _plain(value)


# ---- variables


def assign(source: State, data: Any, line: Line, *, jsonata: bool, **states: Any) -> dict[str, Any]:
    """Set the variables of an Assign field, which see those before it; what was set. Call it after all else."""
    wanted = source.get("Assign")
    if not wanted:
        return {}
    values = evaluate(wanted, "Assign", data, line, **states) if jsonata else fill(wanted, data, line)
    line.variables.update(values)
    return dict(values)
