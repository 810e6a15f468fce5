"""What an input will do in a workflow, before it is submitted: the way it takes, and the rules that say so.

Reads only. Expressions and the layout run in child processes that are killed when they are late.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from workflows import drawing, inputs, layout, trials
from workflows.asl import graph
from workflows.asl.choice import NO_CHOICE_MATCHED
from workflows.asl.parser import parse
from workflows.asl.predict import Prediction, Step, predict
from workflows.evaluation import PATIENCE, evaluator
from workflows.models import WorkflowRevision

MOST_OPEN = 3  # Choice states shown in full; of more, the last, and the others folded
MOST_FOLDED = 100
MOST_MISSING = 3
MOST_NAMED = 8  # states of a way told in one sentence


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A prediction as the page tells it. Without a `prediction` there is no input yet that could be followed.

    `problem` says why what is there cannot be read; `missing` is what is required and still to be filled in, `wrong`
    what is there and would be refused.
    """

    figure: SafeString
    prediction: Prediction | None = None
    problem: str = ""
    missing: Sequence[str] = ()
    wrong: Sequence[str] = ()

    @property
    def refusal(self) -> str:
        """Why it would not be accepted, although there is a way to be told; empty where that is said otherwise."""
        if self.prediction is None:
            return ""
        required = [] if self._is_half_filled else [f"{label} is required." for label in self.missing]
        told = [*required, *self.wrong]
        if not told:
            return ""
        more = len(told) - MOST_MISSING
        return f"It would not be accepted. {' '.join(told[:MOST_MISSING])}{f' And {more} more.' if more > 0 else ''}"

    @property
    def choices(self) -> list[Step]:
        """The Choice states on the way that are shown in full: of many only the last, where it is decided."""
        return self._choices if len(self._choices) <= MOST_OPEN else self._choices[-1:]

    @property
    def others(self) -> list[Step]:
        """The other Choice states on the way, in their order; the last 100."""
        rest = self._choices[: len(self._choices) - len(self.choices)]
        return rest[-MOST_FOLDED:]

    @property
    def _unread(self) -> str:
        """The rule at which the way ends because it cannot be read, if that is why."""
        last = self._choices[-1] if self._choices else None
        if last is None or last.choice is None or last.choice.unread is None or last.next:
            return ""
        return f"Rule {last.choice.unread + 1} of {last.state} cannot be read"

    @property
    def _choices(self) -> list[Step]:
        choices = list(self.prediction.choices) if self.prediction else []
        # What is to be filled in first decides it: that no rule can be read yet is no news.
        return [step for step in choices if step.next] if self._is_half_filled else choices

    @property
    def _is_half_filled(self) -> bool:
        return bool(self.missing) and self.prediction is not None and self.prediction.status == "failed"

    @property
    def tone(self) -> str:
        """The colour of its sentence."""
        if self.problem:
            return "warning"
        is_failing = self.prediction is not None and self.prediction.status == "failed"
        return "danger" if is_failing and not self._is_half_filled else "info"

    @property
    def sentence(self) -> str:
        """Where it leads, or why it cannot be said."""
        if self.problem:
            return self.problem
        if self.prediction is None:
            return "Fill in the input to see which branch it will take."
        if self._is_half_filled:
            what = ", ".join(self.missing[:MOST_MISSING]) + (" and more" if len(self.missing) > MOST_MISSING else "")
            if not self._choices:
                return f"Fill in {what} to see which branch it will take."
            last = self._choices[-1]
            return f"It will go from {last.state} to {last.next}. Fill in {what} to see how it goes on."
        if self.prediction.error == NO_CHOICE_MATCHED:
            return f"No rule matches: this would fail with {NO_CHOICE_MATCHED}."
        if self.prediction.status == "failed":
            begin = f"{self._unread}: this" if self._unread else "This"
            return (
                f"{begin} would fail with {self.prediction.error or 'an error'}. {self.prediction.cause or ''}".strip()
            )
        way = " → ".join(_shortened([step.state for step in self.prediction.steps]))
        if self.prediction.status == "succeeded":
            return f"It will go {way} and succeed."
        return f"It will go {way}. {self.prediction.reason or ''}".strip() if way else self.prediction.reason or ""


def foresee(revision: WorkflowRevision, text: str, missing: Sequence[str] = (), wrong: Sequence[str] = ()) -> Foreseen:
    """The way of an input, which may be only half written (`missing`: what is still to come), through a workflow."""
    parsed = parse(revision.definition)
    if parsed.machine is None:
        return Foreseen(SafeString(""))
    drawn = graph.build(parsed.machine)
    laid = layout.lay_out(drawn)
    try:
        value = inputs.parse_input(text)  # as strictly as when it is submitted
    except inputs.InputProblem as problem:
        return Foreseen(drawing.figure(drawn, laid), problem=_told(problem) if text.strip() else "")
    if value == {}:
        return Foreseen(drawing.figure(drawn, laid))  # nothing typed yet is no failure
    prediction = predict(parsed.machine, value, evaluator(), seconds=PATIENCE)
    figure = drawing.figure(drawn, laid, predicted=trials.path_of(prediction))
    return Foreseen(figure, prediction, missing=missing, wrong=wrong)


def _told(problem: inputs.InputProblem) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else problem.message


def _shortened(states: list[str]) -> list[str]:
    """The states of a way as a sentence can hold them: its begin and its end."""
    if len(states) <= MOST_NAMED:
        return states
    begin, end = states[:3], states[-3:]
    return [*begin, f"{len(states) - len(begin) - len(end)} more", *end]
