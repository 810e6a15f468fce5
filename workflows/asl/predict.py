"""Predicting: follows an input through a machine as far as its way can be known, without running anything.

The way ends where a result comes from outside (a Task) unless a sample of it is given, and says so. One bound of steps
and seconds holds for the whole way, whatever is in its states; beyond it nothing is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from workflows.asl import bounds, dataflow, documents, parser, waits
from workflows.asl.checker.jsonata_syntax import check_syntax
from workflows.asl.choice import ChoiceAnswer, choose, looked_at
from workflows.asl.dataflow import Left
from workflows.asl.functions import Unknowable
from workflows.asl.jsonata import Evaluator, expression_in
from workflows.asl.model import (
    ABSENT,
    Catcher,
    Choice,
    Fail,
    Pass,
    State,
    StateMachine,
    Succeed,
    Wait,
)
from workflows.asl.paths import PathSyntaxError
from workflows.asl.paths import parse as parse_path
from workflows.asl.templates import (
    QUERY_EVALUATION_ERROR,
    RUNTIME,
    DataError,
    Scope,
    fill_expressions,
    select,
    select_or_call,
)

MOST_STEPS = 1_000
MOST_DATA = 262_144  # bytes between states, AWS's own limit
MOST_TOLD = 32 * MOST_DATA  # bytes of all data on the way: who asks is told all of it
LONGEST_REASON = 1_000  # characters
SECONDS = 5.0
# What States.ALL does not catch (AWS developer guide, "Handling errors").
UNCATCHABLE = ("States.Runtime", "States.DataLimitExceeded")

_NOT_TAKEN = "AWS does not take this definition"

Status = Literal["succeeded", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Step:
    """One state on the way. `output` is ABSENT where it ends or cannot be known."""

    state: str
    type: str
    input: Any
    output: Any = ABSENT
    next: str | None = None
    assigned: Mapping[str, Any] = field(default_factory=dict)
    choice: ChoiceAnswer | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        told = {"state": self.state, "type": self.type, "input": self.input, "next": self.next}
        if self.output is not ABSENT:
            told["output"] = self.output
        if self.assigned:
            told["assigned"] = dict(self.assigned)
        return told | ({"choice": self.choice.as_dict()} if self.choice else {})


@dataclass(frozen=True, slots=True)
class Prediction:
    """The way as far as it is known. `status` "unknown": `reason` says why it is not followed past the last step."""

    status: Status
    steps: tuple[Step, ...] = ()
    output: Any = ABSENT
    error: str | None = None
    cause: str | None = None
    reason: str | None = None

    @property
    def choices(self) -> tuple[Step, ...]:
        """The steps at which a branch is taken, or none is."""
        return tuple(step for step in self.steps if step.choice)

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        told: dict[str, Any] = {"status": self.status, "steps": [step.as_dict() for step in self.steps]}
        if self.output is not ABSENT:
            told["output"] = self.output
        return told | {"error": self.error, "cause": self.cause, "reason": self.reason}


def predict(
    definition: StateMachine | Mapping[str, Any] | str,
    input: Any,
    evaluator: Evaluator | None = None,
    samples: Mapping[str, Any] | None = None,
    seconds: float | None = None,
) -> Prediction:
    """The way of `input` through a machine. `samples`: what Tasks, Maps and Parallels would give, by state name.

    It is followed for `seconds` at most, not counting the start of an evaluator that has to be started.
    """
    machine = definition if isinstance(definition, StateMachine) else parser.parse(definition).machine
    if machine is None or machine.start_at not in machine.states:
        return Prediction("unknown", reason=why_no_state(machine, machine.start_at if machine else ""))
    scope = Scope(context={"Execution": {"Input": input}}, is_whole=False, evaluator=evaluator)
    if evaluator is not None and any(state.query_language == "JSONata" for state in machine.states.values()):
        evaluator.make_ready()
    with bounds.bounded(seconds=SECONDS if seconds is None else seconds):
        if refused := _refused(machine, evaluator):
            return Prediction("unknown", reason=refused)
        return _Way(machine, scope, samples or {}).follow(input)


def _refused(machine: StateMachine, evaluator: Evaluator | None) -> str | None:
    """Why AWS does not take a definition, as far as that stands in its JSONata, be it in a state never reached."""
    problems = check_syntax(machine.fields, evaluator) if evaluator else iter(())
    wrong = next((problem for problem in problems if problem.is_error), None)
    return f"{_NOT_TAKEN}: {_sentence(wrong.message)} It stands at {wrong.path[:LONGEST_REASON]}." if wrong else None


def why_no_state(machine: StateMachine | None, name: str) -> str:
    """Why a machine has no state of this name that could be entered; no name is where it starts at none."""
    written = machine.fields.get("States") if machine else None
    if isinstance(written, Mapping) and name in written:
        return f"{_NOT_TAKEN}: the state {name} is of no type of the language."
    if machine is None or not machine.states or name == machine.start_at:
        return "The definition has no state to start at."
    return f"There is no state {name}."


class _End(Exception):
    """The way ends here, for this reason."""

    def __init__(self, step: Step, ending: Prediction) -> None:
        super().__init__(ending.status)
        self.step, self.ending = step, ending


@dataclass(frozen=True, slots=True)
class _Way:
    machine: StateMachine
    scope: Scope
    samples: Mapping[str, Any]

    def follow(self, data: Any) -> Prediction:
        steps: list[Step] = []
        state, scope, told = self.machine.states[self.machine.start_at], self.scope, 0
        while True:
            scope = replace(scope, context={**scope.context, "State": {"Name": state.name}})
            try:
                step = self._step(state, data, scope)
            except _End as end:
                return replace(end.ending, steps=(*steps, end.step))
            steps.append(step)
            if step.next is None:
                return Prediction("succeeded", tuple(steps), output=step.output)
            if step.next not in self.machine.states:
                return Prediction("unknown", tuple(steps), reason=why_no_state(self.machine, step.next))
            told += documents.size(step.output, MOST_DATA) + documents.size(step.assigned, MOST_DATA)
            if len(steps) >= MOST_STEPS or told > MOST_TOLD or bounds.is_late():
                return Prediction("unknown", tuple(steps), reason=f"It is followed for {len(steps):,} states only.")
            scope = replace(scope, variables={**scope.variables, **step.assigned})
            state, data = self.machine.states[step.next], step.output

    def _step(self, state: State, data: Any, scope: Scope) -> Step:
        step = Step(state.name, state.type, data)
        try:
            try:
                return _bounded(self._through(state, step, scope))
            except DataError as problem:
                return _bounded(self._failing(state, step, problem, scope))
        except DataError as problem:
            raise _End(step, Prediction("failed", error=problem.error, cause=problem.cause)) from None
        except Unknowable as unknown:
            raise _End(step, Prediction("unknown", reason=_sentence(unknown))) from None

    def _through(self, state: State, step: Step, scope: Scope) -> Step:
        _be_whole(state)
        match state:
            case Choice():
                return _choosing(state, step, scope)
            case Pass():
                result = dataflow.given(state, step.input, scope) if state.result is ABSENT else state.result
                return _leaving(step, state, dataflow.left(state, step.input, result, scope))
            case Wait():
                waits.check(state, step.input, scope)
                return _leaving(step, state, dataflow.passed(state, step.input, scope))
            case Succeed():
                return _leaving(step, state, dataflow.passed(state, step.input, scope))
            case Fail():
                raise _End(step, _failed(state, step.input, scope))
        dataflow.given(state, step.input, scope)
        if state.name not in self.samples:
            reason = f"What the {state.type} {state.name} gives is known only when it has run."
            raise _End(step, Prediction("unknown", reason=reason))
        return _leaving(step, state, dataflow.left(state, step.input, self.samples[state.name], scope))

    def _failing(self, state: State, step: Step, problem: DataError, scope: Scope) -> Step:
        catcher = next((one for one in state.catch if _catches(one, problem.error)), None)
        if catcher is None:
            raise problem
        error = {"Error": problem.error, "Cause": problem.cause}
        try:
            handed = dataflow.caught(state, catcher, step.input, error, scope)
        except DataError as second:
            raise DataError(RUNTIME, second.cause) from second
        return replace(step, output=handed.output, assigned=handed.assigned, next=catcher.next)


def _be_whole(state: State) -> None:
    """Raise Unknowable for a state that leads nowhere: it is not for us to say what AWS would make of it."""
    if isinstance(state, Choice):
        if not state.rules:
            raise Unknowable(f"{_NOT_TAKEN}: {state.name} has no rules in its Choices")
        leads = all(rule.next is not None for rule in state.rules)
    else:
        leads = isinstance(state, Succeed | Fail) or state.is_end or state.next is not None
    if not leads or not all(catcher.next is not None for catcher in state.catch):
        raise Unknowable(f"{_NOT_TAKEN}: {state.name} does not say where it leads to")


def _bounded(step: Step) -> Step:
    """The step, unless its data grew beyond what AWS hands on, or beyond what is followed here."""
    for value in (step.output, step.assigned):
        if value is not ABSENT and documents.is_larger(value, MOST_DATA):
            cause = f"The state {step.state} gives data of more than {MOST_DATA:,} bytes."
            raise DataError("States.DataLimitExceeded", cause)
        if documents.depth(value) > documents.MAX_DEPTH:
            raise Unknowable(f"the data of {step.state} is nested too deeply to be followed")
    return step


def _choosing(state: Choice, step: Step, scope: Scope) -> Step:
    if state.query_language == "JSONPath":
        select(state.input_path, step.input, scope)  # what it cannot know ends the way before a rule is tried
    answer = choose(state, step.input, scope.variables, scope.context, scope.evaluator)
    for rule in state.rules[: len(answer.rules)]:
        if text := next((text for text in looked_at(rule.test) if not scope.knows(text)), None):
            raise Unknowable(f"the rules of {state.name} look at {text}, which is known only while it runs")
        for text in looked_at(rule.test):
            _be_readable(text)
    if not answer.is_known:
        raise Unknowable(f"the rules of {state.name} were not tried to their end: {answer.cause}")
    step = replace(step, choice=answer)
    if answer.next is None:
        raise _End(step, Prediction("failed", error=answer.error, cause=answer.cause))
    matched = state.rules[answer.rule] if isinstance(answer.rule, int) else None
    handed = dataflow.passed(state, step.input, scope, matched)
    return replace(step, output=handed.output, assigned=handed.assigned, next=answer.next)


def _be_readable(text: str) -> None:
    """Raise Unknowable for a path that is not read here; a JSONata condition is none."""
    if not text.startswith("$"):
        return
    try:
        parse_path(text)
    except PathSyntaxError:
        raise Unknowable(f"{text} is a path that only AWS reads") from None


def _leaving(step: Step, state: State, handed: Left) -> Step:
    next_state = None if state.is_end or isinstance(state, Succeed) else state.next
    return replace(step, output=handed.output, assigned=handed.assigned, next=next_state)


def _failed(state: Fail, data: Any, scope: Scope) -> Prediction:
    if state.query_language == "JSONata":
        error = _evaluated_words(state.error, data, scope, "Error")
        cause = _evaluated_words(state.cause, data, scope, "Cause")
    else:
        error = state.error if state.error_path is None else _words(state.error_path, data, scope, "ErrorPath")
        cause = state.cause if state.cause_path is None else _words(state.cause_path, data, scope, "CausePath")
    return Prediction("failed", error=_text(error), cause=_text(cause))


def _words(path: str, data: Any, scope: Scope, field: str) -> str:
    words = select_or_call(path, data, scope)
    if not isinstance(words, str):
        raise DataError(RUNTIME, f"The value returned by {field} must be a string.")
    return words


def _evaluated_words(text: Any, data: Any, scope: Scope, field: str) -> Any:
    words = fill_expressions(text, {"input": data, "context": scope.context}, scope, field)
    if isinstance(words, str) or not isinstance(text, str):
        return words
    raise DataError(
        QUERY_EVALUATION_ERROR,
        f"The JSONata expression '{expression_in(text)}' specified for the field '{field}' returned an unexpected "
        f"result type. Expected 'string', but was '{_kind(words)}' for value: {documents.write_compact(words)}",
    )


def _kind(value: Any) -> str:
    names = {bool: "boolean", dict: "object", list: "array", type(None): "null"}
    return names.get(type(value), "number")


def _catches(catcher: Catcher, error: str) -> bool:
    if error in UNCATCHABLE:
        return error in catcher.errors
    return not {error, "States.ALL", "States.TaskFailed"}.isdisjoint(catcher.errors)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _sentence(problem: object) -> str:
    said = str(problem).rstrip(".")
    cut = said if len(said) <= LONGEST_REASON else f"{said[:LONGEST_REASON]}…"  # it may quote a path of any length
    return f"{cut[:1].upper()}{cut[1:]}."
