"""What a definition that is being written would do: what is wrong with it, its graph, and the way of a sample input.

Reads only. Expressions and the layout run in child processes that are killed when they are late.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from workflows import drawing, inputs, layout
from workflows.asl import graph
from workflows.asl.documents import DocumentError, read_value
from workflows.asl.parser import parse
from workflows.asl.predict import Prediction, Step, predict
from workflows.drawing import Hop, TakenPath
from workflows.evaluation import PATIENCE, evaluator
from workflows.inputs.controls import Control, controls
from workflows.inputs.fields import Field
from workflows.inputs.spreading import defaults, row_defaults

LONGEST_SAMPLE = 262_144  # characters; about the input AWS takes


@dataclass(frozen=True, slots=True)
class Trial:
    """A definition tried out. `problem` says what is wrong with the sample; without a sample there is no prediction."""

    figure: SafeString
    prediction: Prediction | None = None
    problem: str = ""

    @property
    def choices(self) -> list[Step]:
        """The Choice states on the way."""
        return list(self.prediction.choices) if self.prediction else []

    @property
    def tone(self) -> str:
        """The colour of its sentence."""
        tones = {"succeeded": "success", "failed": "danger", "unknown": "info"}
        return tones[self.prediction.status] if self.prediction else "neutral"

    @property
    def sentence(self) -> str:
        """Where the sample leads, or why it cannot be said."""
        if self.prediction is None:
            return ""
        way = " → ".join(step.state for step in self.prediction.steps)
        if self.prediction.status == "succeeded":
            return f"It goes {way} and succeeds."
        if self.prediction.status == "failed":
            why = f"{self.prediction.error or 'an error'}. {self.prediction.cause or ''}".strip()
            return f"It goes {way or 'nowhere'} and fails with {why}"
        reason = self.prediction.reason or ""
        return f"It goes {way}. {reason}".strip() if way else reason


def try_out(definition: str, sample: str, results: str) -> Trial:
    """The graph of a definition, with the way of `sample`; `results` is what its Tasks would give, by state name."""
    machine = parse(definition).machine
    if machine is None or not machine.states:
        return Trial(SafeString(""))
    drawn = graph.build(machine)
    laid = layout.lay_out(drawn)
    if not sample.strip():
        return Trial(drawing.figure(drawn, laid))
    try:
        prediction = predict(machine, _read(sample, "The input"), evaluator(), _results(results), PATIENCE)
    except _Unreadable as problem:
        return Trial(drawing.figure(drawn, laid), problem=str(problem))
    return Trial(drawing.figure(drawn, laid, predicted=path_of(prediction)), prediction)


def form_preview(schema: str) -> list[Control]:
    """The form a schema makes, a row in each of its lists; nothing where it makes none or cannot be used."""
    if inputs.check_schema(schema):
        return []
    fields = inputs.fields(schema)
    typed = {f"#{one.pointer}": "1" for one in _arrays(fields)}
    for one in _arrays(fields):
        typed |= row_defaults(one.item, one.pointer, 0) if one.item else {}
    return controls(fields, typed | defaults(fields), {})


def _arrays(fields: Iterable[Field]) -> Iterator[Field]:
    for field in fields:
        if field.kind == "array":
            yield field
        yield from _arrays(field.fields)


def path_of(prediction: Prediction) -> TakenPath | None:
    """The way of a prediction, for the picture; None where no state is entered."""
    if not prediction.steps:
        return None
    hops, before = list[Hop](), None
    for step in prediction.steps:
        rule = before.choice.rule if before and before.choice else None
        hops.append(Hop(before.state if before else None, step.state, rule))
        before = step
    return TakenPath.of_hops(hops)


class _Unreadable(Exception):
    """What was typed is not JSON."""


def _read(text: str, what: str) -> Any:
    try:
        return read_value(text)
    except DocumentError as problem:
        is_placed = problem.line and f"line {problem.line}," not in problem.message
        where = f" (line {problem.line}, column {problem.column})" if is_placed else ""
        raise _Unreadable(f"{what} cannot be read: {problem.message}{where}") from problem


def _results(text: str) -> Mapping[str, Any]:
    results = _read(text, "The sample results") if text.strip() else {}
    if not isinstance(results, dict):
        raise _Unreadable("The sample results are an object: each state's name with what it would give.")
    return results
