"""The picture of a transaction: its workflow's graph with the path taken, or the one predicted until AWS tells.

Reads only. The layout runs in a child process that is killed when it is late.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString

from transactions.models import ChoiceResult, Transaction, Visit
from workflows import drawing, layout
from workflows.asl import graph, words
from workflows.asl.model import Choice, StateMachine
from workflows.asl.parser import parse
from workflows.drawing import TakenPath

MOST_VISITS = 5_000  # along a path; beyond it the picture says no more than it did


@dataclass(frozen=True, slots=True)
class UntriedRule:
    """A rule behind the one that matched: AWS never looked at it."""

    index: int
    text: str
    next: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A Choice result with the rules that were not tried because an earlier one matched."""

    result: ChoiceResult
    untried: tuple[UntriedRule, ...]
    has_default: bool


def machine_of(row: Transaction) -> StateMachine | None:
    """The definition this ran; before its start, the one of its revision (names in place of ARNs read better)."""
    return parse(row.revision.definition).machine if row.revision.definition else None


def path_taken(row: Transaction, machine: StateMachine, choices: Sequence[ChoiceResult]) -> SafeString:
    """The graph with what the run did."""
    visits = list(
        row.execution.visits.only("execution_id", "state", "status", "path", "next", "entered_event")[:MOST_VISITS]
    )
    drawn = graph.build(machine)
    taken = TakenPath.of_visits(visits, choices)
    return drawing.figure(drawn, layout.lay_out(drawn), taken, link=lambda state: _data_of(row, visits, state))


def branches(machine: StateMachine | None, choices: Sequence[ChoiceResult]) -> list[Branch]:
    """Every Choice result with the rules behind the one that matched."""
    known = {state.name: state for state in machine.every_state()} if machine else {}
    return [_branch(known.get(choice.state), choice) for choice in choices]


def _branch(state: object, result: ChoiceResult) -> Branch:
    if not isinstance(state, Choice) or not result.rules or not isinstance(result.rule, int):
        return Branch(result, (), False)
    untried = (
        UntriedRule(number, words.rule_text(rule.test), rule.next or "")
        for number, rule in enumerate(state.rules)
        if number >= len(result.rules)
    )
    return Branch(result, tuple(untried), state.default is not None)


def _data_of(row: Transaction, visits: Sequence[Visit], state: str) -> str:
    """Where a state of the picture leads: to what it was given and what it gave."""
    address = reverse("transactions:tab", args=[row.pk, "data"])
    first = next((visit for visit in visits if visit.state == state), None)
    return f"{address}?visit={first.entered_event}" if first else ""
