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
    """A rule behind the one that matched, or could not be read: AWS never looked at it."""

    index: int
    text: str
    next: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A Choice result with what was not tried because an earlier rule matched or, `unread`, could not be read.

    `place` says which Map iteration or Parallel branch it was in.
    """

    result: ChoiceResult
    untried: tuple[UntriedRule, ...] = ()
    unread: int | None = None
    untried_default: str = ""
    place: str = ""

    @property
    def outcome(self) -> str:
        """The state it led to, or why it led to none."""
        result = self.result
        return result.outcome if self.unread is None else f"rule {self.unread + 1} could not be read"


def machine_of(row: Transaction) -> StateMachine | None:
    """The definition this ran; before its start, the one of its revision (names in place of ARNs read better)."""
    return parse(row.revision.definition).machine if row.revision.definition else None


def visits_of(row: Transaction) -> list[Visit]:
    """What a picture needs of each visit."""
    told = ("execution_id", "state", "status", "path", "next", "error", "entered_event")
    return list(row.execution.visits.only(*told)[:MOST_VISITS])


def path_taken(
    row: Transaction, machine: StateMachine, choices: Sequence[ChoiceResult], visits: Sequence[Visit]
) -> SafeString:
    """The graph with what the run did."""
    drawn = graph.build(machine)
    taken = TakenPath.of_visits(visits, choices)
    return drawing.figure(drawn, layout.lay_out(drawn), taken, link=lambda state: _data_of(row, visits, state))


def branches(
    machine: StateMachine | None, choices: Sequence[ChoiceResult], visits: Sequence[Visit] = ()
) -> list[Branch]:
    """Every Choice result with the rules behind the one that matched, and where among `visits` it was."""
    known = {state.name: state for state in machine.every_state()} if machine else {}
    places = {visit.entered_event: visit.place for visit in visits}
    return [_branch(known.get(choice.state), choice, places.get(choice.entered_event, "")) for choice in choices]


def _branch(state: object, result: ChoiceResult, place: str) -> Branch:
    if not isinstance(state, Choice) or not result.rules:
        return Branch(result, unread=result.unread, place=place)
    unread = _unread(state, result)
    if unread is None and not isinstance(result.rule, int):
        return Branch(result, place=place)
    untried = (
        UntriedRule(number, words.rule_text(rule.test), rule.next or "")
        for number, rule in enumerate(state.rules)
        if number >= len(result.rules)
    )
    default = state.default or "" if unread is not None else ""
    return Branch(result, tuple(untried), unread, default, place)


def _unread(state: Choice, result: ChoiceResult) -> int | None:
    """The rule it failed at; of results kept before that was noted, where nothing else can have ended it."""
    if result.unread is not None:
        return result.unread
    is_explained = result.rule is None and not result.next and result.agrees and not result.problem
    has_more = len(result.rules) < len(state.rules) or state.default is not None
    return len(result.rules) - 1 if is_explained and has_more else None


def _data_of(row: Transaction, visits: Sequence[Visit], state: str) -> str:
    """Where a state of the picture leads: to what it was given and what it gave."""
    address = reverse("transactions:tab", args=[row.pk, "data"])
    first = next((visit for visit in visits if visit.state == state), None)
    return f"{address}?visit={first.entered_event}" if first else ""
