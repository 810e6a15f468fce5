"""A prediction in sentences, a line each, for people at a terminal. Follows nothing itself: `predict` does."""

from collections.abc import Container, Iterator

from workflows.asl import documents, words
from workflows.asl.model import ABSENT, Choice, StateMachine
from workflows.asl.predict import Prediction, Step

LONGEST = 2_000  # characters of an output; the rest of it is for programs
LONGEST_RULE = 300  # characters
MOST_RULES = 10  # that did not match, of one state


def narrate(prediction: Prediction, machine: StateMachine, sampled: Container[str] = ()) -> Iterator[str]:
    """Every state that is entered and why it goes where it goes, then how the way ends.

    `sampled`: the states whose results were given as samples.
    """
    for number, step in enumerate(prediction.steps, 1):
        yield f"{number}. {step.state} ({step.type}): {_says_way(step, machine, sampled)}"
        yield from _says_rules_before(step, machine)
    yield _says_end(prediction)


def _says_way(step: Step, machine: StateMachine, sampled: Container[str]) -> str:
    if step.output is ABSENT:
        return "ends the run as failed" if step.type == "Fail" else "the way stops here"
    return f"{f'to {step.next}' if step.next else 'the end'}{_says_why(step, machine, sampled)}"


def _says_why(step: Step, machine: StateMachine, sampled: Container[str]) -> str:
    state = machine.states[step.state]
    if isinstance(state, Choice) and step.choice is not None:
        if isinstance(step.choice.rule, int):
            number = step.choice.rule
            return f", because rule {number + 1} matches: {_rule_text(state, number)}"
        return ", because no rule matches"
    if step.next and step.next != state.next:
        return ", where its error is caught"
    return ", with the sample result" if step.state in sampled else ""


def _says_rules_before(step: Step, machine: StateMachine) -> Iterator[str]:
    """The rules that were tried and did not match; the last of them may be one that cannot be decided."""
    state = machine.states[step.state]
    if not isinstance(state, Choice) or step.choice is None:
        return
    undecided = step.choice.unread
    missed = [tried.index for tried in step.choice.rules if not tried.matched and tried.index != undecided]
    for number in missed[:MOST_RULES]:
        yield f"   rule {number + 1} does not match: {_rule_text(state, number)}"
    if len(missed) > MOST_RULES:
        yield f"   nor do {len(missed) - MOST_RULES:,} more"
    if undecided is not None:
        yield f"   rule {undecided + 1} cannot be decided: {_rule_text(state, undecided)}"


def _rule_text(state: Choice, number: int) -> str:
    text = words.rule_text(state.rules[number].test)
    return text if len(text) <= LONGEST_RULE else f"{text[:LONGEST_RULE]}…"


def _says_end(prediction: Prediction) -> str:
    if prediction.status == "succeeded":
        return f"It succeeds with {documents.write_start(prediction.output, LONGEST)}"
    if prediction.status == "failed":
        return f"It fails with {prediction.error or 'an error without a name'}: {prediction.cause or 'no cause given.'}"
    return f"It is not known how it goes on. {prediction.reason or ''}".rstrip()
