"""Choice results: the branch observed in a history, and the rule that explains it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.asl import choice
from workflows.asl.choice import ChoiceAnswer
from workflows.asl.documents import DocumentError, read_value
from workflows.asl.history.drafts import Draft
from workflows.asl.history.events import Event
from workflows.asl.history.flow import Flow
from workflows.asl.history.results import ChoiceResult
from workflows.asl.jsonata import Evaluator
from workflows.asl.model import Choice
from workflows.asl.templates import Scope

SECONDS = 5.0  # for all explanations of a history: a loop may have 10,000, each of half a second of JSONata
_LONGEST = 1 << 22  # characters of one recorded text; AWS keeps to 256 KiB


class _Unexplained(Exception):
    """Why a Choice cannot be explained, as a sentence."""


def explain(
    drafts: Sequence[Draft],
    flow: Flow,
    start: Event | None,
    evaluator: Evaluator | None,
    context: Mapping[str, Any],
) -> tuple[ChoiceResult, ...]:
    """A result for every Choice visit that names its state and is decided: left for a state, or failed."""
    explainer = _Explainer(flow, _context(start, context), evaluator, time.monotonic() + SECONDS)
    named = (draft for draft in drafts if draft.type == "Choice" and draft.state)
    return tuple(explainer.result(draft) for draft in named if draft.next or draft.status != "running")


@dataclass(frozen=True, slots=True)
class _Explainer:
    flow: Flow
    context: Mapping[str, Any]
    evaluator: Evaluator | None
    deadline: float

    def result(self, draft: Draft) -> ChoiceResult:
        state = self.flow.states.get(draft.state)
        try:
            answer, problem = self._answer(draft, state), None
        except _Unexplained as why:
            answer, problem = None, str(why)
        agrees = answer is None or self._agrees(draft, answer)
        if not agrees and _looks_at_context(state):
            # What the history does not tell of the context object is no evidence against it.
            answer, agrees, problem = None, True, "The rules look at the context object, which no history tells whole."
        explained = answer is not None and agrees
        if answer and explained and answer.error and not answer.rules:
            problem = answer.cause  # what the rules look at could not be read, before the first of them
        return ChoiceResult(
            state=draft.state,
            next=draft.next,
            rule=answer.rule if answer and explained else _only_rule(state, draft.next),
            explained_next=answer.next if answer else None,
            agrees=agrees,
            rules=tuple(rule.as_dict() for rule in answer.rules) if answer else (),
            entered_event=draft.entered.id,
            at=draft.ended_at,
            problem=problem,
            unread=answer.unread if answer and explained else None,
        )

    @staticmethod
    def _agrees(draft: Draft, answer: ChoiceAnswer) -> bool:
        """A Choice that was left but followed by nothing (the run was stopped there) contradicts nothing."""
        if draft.next is None and draft.exited is not None:
            return True
        return answer.next == draft.next

    def _answer(self, draft: Draft, state: object) -> ChoiceAnswer:
        if not isinstance(state, Choice):
            raise _Unexplained("The definition has no Choice state of this name.")
        if state.query_language == "JSONata" and self.evaluator is None:
            raise _Unexplained("There is nothing here that evaluates JSONata.")
        if time.monotonic() > self.deadline:
            raise _Unexplained("There are too many Choice results in this history to explain them all in time.")
        variables = draft.variables
        if not variables.is_complete:
            raise _Unexplained("The history leaves out variables that were assigned before.")
        given = _input(draft.entered)
        answer = choice.choose(state, given, _Values(variables), self._context_of(draft), self.evaluator)
        if not answer.is_known:
            raise _Unexplained(f"The rules were not tried to their end. {answer.cause}")
        if _has_changed(state, answer, variables):
            raise _Unexplained(
                "The rules use a value that differs each time, such as $now(); the history does not record it."
            )
        return answer

    def _context_of(self, draft: Draft) -> dict[str, Any]:
        known = dict(self.context)
        entered_at = draft.entered.at
        known["State"] = {"Name": draft.state, **({"EnteredTime": _written(entered_at)} if entered_at else {})}
        inner = next((step for step in reversed(draft.lane.path) if step.kind == "iteration"), None)
        if inner is not None and inner.index is not None:
            known["Map"] = {"Item": {"Index": inner.index}}
        return known


@dataclass(frozen=True, slots=True, eq=False)
class _Values(Mapping[str, Any]):
    """Variables as values, each read when it is asked for: a long run has many, and a rule names few."""

    texts: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return _value(self.texts[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)


def _context(start: Event | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The context object as far as a history tells, and what the caller knows besides."""
    execution: dict[str, Any] = {}
    if start is not None:
        execution = {"Input": _value(start.text("input") or "{}"), "RoleArn": start.text("roleArn")}
        if start.at is not None:
            execution["StartTime"] = _written(start.at)
    more = given.get("Execution")
    return {**given, "Execution": {**execution, **(more if isinstance(more, Mapping) else {})}}


def _input(entered: Event) -> Any:
    text = entered.text("input")
    if text is None or entered.is_cut("input"):
        raise _Unexplained("The history leaves out the input, or cuts it off.")
    try:
        return read_value(text, _LONGEST)
    except DocumentError as problem:
        raise _Unexplained(f"The recorded input cannot be read. {problem.message}") from None


def _value(text: str) -> Any:
    """A variable's value; one that cannot be read is the text it is."""
    try:
        return read_value(text, _LONGEST)
    except DocumentError:
        return text


def _written(at: Any) -> str:
    return str(at.isoformat(timespec="milliseconds")).replace("+00:00", "Z")


def _has_changed(state: Choice, answer: ChoiceAnswer, variables: Mapping[str, Any]) -> bool:
    """Whether a rule that was tried may give something else now than it did then."""
    if state.query_language != "JSONata":
        return False
    scope = Scope(variables=variables)
    tried = state.rules[: len(answer.rules)]
    return any(scope.is_changing(text) for rule in tried for text in choice.looked_at(rule.test))


def _looks_at_context(state: object) -> bool:
    if not isinstance(state, Choice):
        return False
    texts = [text for rule in state.rules for text in choice.looked_at(rule.test)]
    return any("$$" in text or "context" in text for text in (*texts, state.input_path or ""))


def _only_rule(state: object, target: str | None) -> Any:
    """The rule that leads to a state, where there is just one that does."""
    if not isinstance(state, Choice) or target is None:
        return None
    rules: list[Any] = [number for number, rule in enumerate(state.rules) if rule.next == target]
    rules += ["default"] if state.default == target else []
    return rules[0] if len(rules) == 1 else None
