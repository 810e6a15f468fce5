"""Walks the states of a machine, a branch or an iteration: what each takes, gives, and which comes next."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as sf

from .choices import matches
from .journal import Line
from .language import (
    EvaluationError,
    ExecutionError,
    State,
    assign,
    check_size,
    evaluate,
    evaluate_typed,
    fail,
    fill,
    input_of,
    is_jsonata,
    lookup,
    output_of,
    place,
    select,
)

LONGEST_WAIT_SECONDS = 2**31
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Step:
    """What a state gives: its output, the state after it (None: the end), the variables it set."""

    output: Any
    next: str | None
    assigned: dict[str, Any] = field(default_factory=dict)


def run_states(line: Line, states: dict[str, State], start_at: str, data: Any) -> Any:
    """Run from `start_at` to an end; the output. Raises ExecutionError when a state fails and nothing catches it."""
    progress = line.run.record.setdefault("progress", {})
    name: str | None = start_at
    resumed = line.place in line.run.resumed
    if resumed:
        name, data, line.variables = line.run.resumed.pop(line.place)
    while name is not None:
        progress[line.place] = [name, data, dict(line.variables)]
        step = _run_state(line, name, states[name], data, resumed=resumed)
        data, name, resumed = step.output, step.next, False
    progress[line.place] = [None, data, {}]
    return data


def _run_state(line: Line, name: str, state: State, data: Any, *, resumed: bool) -> Step:
    kind = state["Type"]
    before = line.previous
    at = before if resumed else line.enter(kind, name, data)
    line.context["State"] = {"Name": name, "EnteredTime": now_iso(), "_entered": at, "_before": before}
    try:
        step = _RUNNERS[kind](line, state, data)
    except EvaluationError as error:
        note_evaluation_failure(line, error)
        raise
    check_size(name, line.run.write(step.output))
    line.exit(kind, name, step.output, step.assigned)
    return step


def note_evaluation_failure(line: Line, error: Exception) -> None:
    """Write EvaluationFailed once. AWS has it point back to what was before the state, unless the state waited."""
    if not isinstance(error, EvaluationError) or error.noted:
        return
    error.noted = True
    state = line.context["State"]
    untouched = line.previous == state["_entered"] and error.location not in {"Seconds", "Timestamp"}
    details = {"error": error.error, "cause": error.cause, "location": error.location, "state": error.state}
    line.add("EvaluationFailed", details, previous=state["_before"] if untouched else None)


def next_of(state: State) -> str | None:
    """The state after this one; None if it ends."""
    return None if state.get("End") else state.get("Next")


def run_pass(line: Line, state: State, data: Any) -> Step:
    """Pass."""
    if is_jsonata(state, line):
        return _finish_jsonata(line, state, data)
    effective = input_of(state, data, line)
    result = fill(state["Parameters"], effective, line) if "Parameters" in state else effective
    result = state.get("Result", result)
    output = output_of(state, place(state, data, result, line), line)
    return Step(output, next_of(state), assign(state, result, line, jsonata=False))


def _finish_jsonata(line: Line, state: State, data: Any) -> Step:
    """The end of a state without a result of its own."""
    output = evaluate(state["Output"], "Output", data, line) if "Output" in state else data
    return Step(output, next_of(state), assign(state, data, line, jsonata=True))


def run_succeed(line: Line, state: State, data: Any) -> Step:
    """Succeed."""
    if is_jsonata(state, line):
        return Step(_finish_jsonata(line, state, data).output, None)
    return Step(output_of(state, input_of(state, data, line), line), None)


def run_fail(line: Line, state: State, data: Any) -> Step:
    """Fail: raises what the state says."""
    raise ExecutionError(_failure_text(line, state, "Error", data), _failure_text(line, state, "Cause", data))


def _failure_text(line: Line, state: State, name: str, data: Any) -> str | None:
    if f"{name}Path" in state:
        value = select(state[f"{name}Path"], data, line, f"{name}Path")
        if not isinstance(value, str):
            raise fail(line, f"The value returned by {name}Path must be a string.")
        return value
    if name not in state:
        return None
    return str(evaluate_typed(state, name, "string", data, line) if is_jsonata(state, line) else state[name])


def run_wait(line: Line, state: State, data: Any) -> Step:
    """Wait, until the execution is stopped at the latest."""
    jsonata = is_jsonata(state, line)
    effective = data if jsonata else input_of(state, data, line)
    seconds = _seconds_to_wait(line, state, effective)
    if seconds >= LONGEST_WAIT_SECONDS:
        raise fail(line, "Wait state delay is too long.")
    if line.run.over.wait(max(0.0, seconds) * sf._SFN_WAIT_SCALE):
        line.check()
    if jsonata:
        return _finish_jsonata(line, state, data)
    output = output_of(state, effective, line)
    return Step(output, next_of(state), assign(state, effective, line, jsonata=False))


def _seconds_to_wait(line: Line, state: State, data: Any) -> float:
    if is_jsonata(state, line):
        return _jsonata_seconds(line, state, data)
    if "Seconds" in state:
        return float(state["Seconds"])
    if "SecondsPath" in state:
        return _seconds(line, state["SecondsPath"], select(state["SecondsPath"], data, line, "SecondsPath"))
    if "Timestamp" in state:
        return _until(line, state["Timestamp"], "The Timestamp parameter is not a valid timestamp")
    path = state["TimestampPath"]
    problem = "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string"
    return _until(line, select(path, data, line, "TimestampPath"), f"{problem}: {path}")


def _jsonata_seconds(line: Line, state: State, data: Any) -> float:
    name = "Seconds" if "Seconds" in state else "Timestamp"
    value = evaluate_typed(state, name, "number" if name == "Seconds" else "string", data, line)
    if name == "Seconds":
        if value != int(value) or value < 0:
            raise EvaluationError(line, name, f"The Seconds parameter is not a positive integer: {value}")
        return float(value)
    moment = _moment(value)
    if moment is None:
        text = f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {value}"
        raise EvaluationError(line, name, text)
    return moment - time.time()


def _seconds(line: Line, path: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value != int(value):
        raise fail(line, f"The SecondsPath parameter does not reference a positive integer value: {path} == {value}")
    return float(value)


def _until(line: Line, value: Any, problem: str) -> float:
    moment = _moment(value)
    if moment is None:
        raise fail(line, f"{problem} == {value}")
    return moment - time.time()


def _moment(value: Any) -> float | None:
    """Seconds since the epoch of an RFC 3339 timestamp with a zone; None of anything else."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC).timestamp()
    except ValueError:
        return None


def run_choice(line: Line, state: State, data: Any) -> Step:
    """Choice: the first rule that matches, else Default."""
    jsonata = is_jsonata(state, line)
    effective = data if jsonata else input_of(state, data, line)
    for rule in state["Choices"]:
        if matches(rule, effective, line, jsonata=jsonata):
            return _take(line, state, rule, rule["Next"], effective, data)
    if "Default" not in state:
        raise fail(line, "Failed to transition out of the state. The state does not point to a next state.",
                   "States.NoChoiceMatched")  # fmt: skip
    return _take(line, state, state, state["Default"], effective, data)


def _take(line: Line, state: State, source: State, target: str, effective: Any, data: Any) -> Step:
    """`source` is the rule taken, or the state itself for Default: it may have an Assign and an Output of its own."""
    if is_jsonata(state, line):
        step = _finish_jsonata(line, source, data)
        return Step(step.output, target, step.assigned)
    output = output_of(state, effective, line)
    return Step(output, target, assign(source, effective, line, jsonata=False))


def path_or_field(line: Line, state: State, name: str, data: Any) -> Any:
    """A number that may be given as a field, by a path, or by JSONata; None if it is not given."""
    if name in state:
        jsonata = is_jsonata(state, line)
        return evaluate_typed(state, name, "number", data, line) if jsonata else state[name]
    return lookup(state[f"{name}Path"], data, line) if f"{name}Path" in state else None


_RUNNERS: dict[str, Callable[[Line, State, Any], Step]] = {
    "Pass": run_pass,
    "Succeed": run_succeed,
    "Fail": run_fail,
    "Wait": run_wait,
    "Choice": run_choice,
}


def register(kind: str, runner: Callable[[Line, State, Any], Step]) -> None:
    """Add the runner of a state type that itself needs this module."""
    _RUNNERS[kind] = runner
