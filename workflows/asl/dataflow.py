"""How data goes through a state: what its work is given, what becomes of the result, which variables are assigned.

Sources: States Language specification ("Input and output processing"); AWS developer guide ("Passing data between
states with variables", "Transforming data with JSONata"). Decides no branch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.asl.model import ABSENT, Catcher, ChoiceRule, State
from workflows.asl.paths import PathSyntaxError, parse_reference
from workflows.asl.templates import DataError, Scope, fill_expressions, fill_paths, select

RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"


@dataclass(frozen=True, slots=True)
class Left:
    """What a state hands on: its output, and the variables it assigned."""

    output: Any
    assigned: Mapping[str, Any]


def given(state: State, data: Any, scope: Scope) -> Any:
    """What the state's work is given for the input `data`. Raises DataError, Unknowable."""
    if state.query_language == "JSONata":
        if state.arguments is ABSENT:
            return data
        return fill_expressions(state.arguments, _states(data, scope), scope, "Arguments")
    effective = select(state.input_path, data, scope)
    return effective if state.parameters is ABSENT else fill_paths(state.parameters, effective, scope)


def left(state: State, data: Any, result: Any, scope: Scope) -> Left:
    """What a state hands on, `result` being what its work gave. Raises DataError, Unknowable."""
    if state.query_language == "JSONata":
        return _left_by_jsonata(data, state.output, state.assign, scope, result=result)
    # Assign sees what the work gave, not what ResultSelector makes of it.
    assigned = {} if not isinstance(state.assign, Mapping) else fill_paths(state.assign, result, scope)
    if state.result_selector is not ABSENT:
        result = fill_paths(state.result_selector, result, scope)
    # ResultPath writes into the raw input, not into what InputPath and Parameters made of it.
    return Left(select(state.output_path, put(state.result_path, data, result), scope), assigned)


def passed(state: State, data: Any, scope: Scope, rule: ChoiceRule | None = None) -> Left:
    """What a state without work of its own (Choice, Wait, Succeed) hands on; a Choice's `rule` goes before the state.

    Raises DataError, Unknowable.
    """
    source = rule or state
    if state.query_language == "JSONata":
        output = source.output if source.output is not ABSENT else state.output
        return _left_by_jsonata(data, output, source.assign, scope)
    effective = select(state.input_path, data, scope)
    assigned = {} if not isinstance(source.assign, Mapping) else fill_paths(source.assign, effective, scope)
    return Left(select(state.output_path, effective, scope), assigned)


def caught(state: State, catcher: Catcher, data: Any, error: Mapping[str, Any], scope: Scope) -> Left:
    """What a state hands to the state that a Catch leads to. Raises DataError, Unknowable."""
    if state.query_language == "JSONata":
        states = {**_states(data, scope), "errorOutput": error}
        output = error if catcher.output is ABSENT else fill_expressions(catcher.output, states, scope, "Output")
        assigned = (
            {} if not isinstance(catcher.assign, Mapping) else fill_expressions(catcher.assign, states, scope, "Assign")
        )
        return Left(output, assigned)
    assigned = {} if not isinstance(catcher.assign, Mapping) else fill_paths(catcher.assign, error, scope)
    return Left(put(catcher.result_path, data, error), assigned)


def put(path: Any, data: Any, result: Any) -> Any:
    """`data` with the result at a ResultPath: null drops the result, `$` drops the data. Raises DataError."""
    if path is None:
        return data
    if path == "$":
        return result
    try:
        steps = parse_reference(path).steps
    except (PathSyntaxError, TypeError) as problem:
        raise DataError("States.Runtime", f"'{path}' is not a reference path.") from problem
    return _put(path, data, steps, result)


def _put(path: str, data: Any, steps: tuple[str | int, ...], result: Any) -> Any:
    if not steps:
        return result
    step, rest = steps[0], steps[1:]
    if isinstance(step, str) and (isinstance(data, Mapping) or data is ABSENT):
        held = {} if data is ABSENT else data  # what is not there is made, what is null stays in the way
        return {**held, step: _put(path, held.get(step, ABSENT), rest, result)}
    if isinstance(step, int) and isinstance(data, list) and 0 <= step < len(data):
        return [*data[:step], _put(path, data[step], rest, result), *data[step + 1 :]]
    raise DataError(RESULT_PATH_MATCH_FAILURE, f"Unable to apply ReferencePath {path} to the input.")


def _left_by_jsonata(data: Any, output: Any, assign: Any, scope: Scope, **more: Any) -> Left:
    states = {**_states(data, scope), **more}
    made = more.get("result", data) if output is ABSENT else fill_expressions(output, states, scope, "Output")
    return Left(made, {} if not isinstance(assign, Mapping) else fill_expressions(assign, states, scope, "Assign"))


def _states(data: Any, scope: Scope) -> dict[str, Any]:
    return {"input": data, "context": scope.context}
