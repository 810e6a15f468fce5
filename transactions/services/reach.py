"""Whether a hook could ever be told of anything: a wish that nothing can fulfil is refused, not kept in silence.

Only what is certain is a problem: of a workflow without revisions, or one that cannot be read, nothing is.
"""

from collections.abc import Iterator, Sequence

from transactions import payloads, vocabulary
from transactions.conditions import Condition
from transactions.models import Branch
from transactions.subscriptions import FIELDS
from workflows import selectors as catalogue
from workflows.inputs import FieldProblem
from workflows.models import Workflow

# Told before there are branches.
MOST_NAMED = 20
BESIDES = f"Besides business keys a condition may name {', '.join(FIELDS[:-1])} and {FIELDS[-1]}."
EARLY = ("transaction.accepted", "transaction.started")
OF_TRANSACTIONS = {event for event in payloads.EVENTS if event.startswith("transaction.")}


def problems(
    events: Sequence[str], workflow: Workflow | None, branch: Branch | None, conditions: Sequence[Condition]
) -> list[FieldProblem]:
    """Why nothing can fit all of this, by field; none where something may."""
    found = [FieldProblem("/branch", text) for text in _of_branch(events, workflow, branch)]
    names = [condition.name for condition in conditions if condition.name not in FIELDS]
    return found + [FieldProblem("/conditions", text) for text in _of_keys(events, workflow, names)]


def _of_branch(events: Sequence[str], workflow: Workflow | None, branch: Branch | None) -> Iterator[str]:
    if branch is None:
        return
    if OF_TRANSACTIONS.difference(EARLY).isdisjoint(events):
        yield "None of the events chosen tells of branches: choose transaction.branch_taken, or one of the end."
    if workflow is None:
        yield from _of_any_workflow(branch)
        return
    ways = catalogue.every_way(workflow)
    if ways is not None and not vocabulary.fits(branch, ways) and not vocabulary.is_branch(branch, workflow):
        taken = ", ".join(f"{state}->{to}" for state, to in ways[:5])
        yield f"“{workflow}” has no such branch; " + (f"it has {taken}." if taken else "it has no Choice state.")


def _of_any_workflow(branch: Branch) -> Iterator[str]:
    """While a workflow has no revision yet, it may come to have this branch."""
    if Workflow.objects.exists() and not Workflow.objects.filter(revisions=None).exists():
        yield from (problem.message for problem in vocabulary.problems([("/branch", branch)], ()))


def _of_keys(events: Sequence[str], workflow: Workflow | None, names: Sequence[str]) -> Iterator[str]:
    if not names:
        return
    if OF_TRANSACTIONS.isdisjoint(events):
        told = f"Only events of transactions have a business key such as “{names[0]}”, and none of them is chosen."
        yield f"{told} {BESIDES}"
        return
    asked = [workflow] if workflow else list(Workflow.objects.all())
    if not asked or Workflow.objects.filter(pk__in=[one.pk for one in asked], revisions=None).exists():
        return
    known = catalogue.every_key(asked)
    missing = [name for name in names if name not in known]
    if not missing:
        return
    named = ", ".join(known[:MOST_NAMED]) + (" and others" if len(known) > MOST_NAMED else "") or "none"
    if workflow:
        told = f"“{workflow}” has no business key “{missing[0]}”; it has {named}."
    else:
        told = f"No workflow has a business key “{missing[0]}”; there are {named}."
    yield f"{told} {BESIDES}"
