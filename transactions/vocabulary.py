"""READS which branches and business keys there are or ever were: what filters and hooks may name.

A branch that was taken is found by its index where its state is named. All others are in the definition of a revision,
and revisions are kept: those that have its names are read, the newest first, and where they are too many what was taken
decides.
"""

import json
from collections.abc import Collection, Iterable, Iterator

from django.db.models import Q, QuerySet

from transactions.models import Branch, ChoiceResult
from workflows import selectors as catalogue
from workflows.inputs import FieldProblem
from workflows.models import Workflow, WorkflowRevision

MOST_READ = 50  # definitions, for one branch
MOST_NAMED = 10
MOST_LOOKED_AT = 5  # workflows, for what there is instead


def is_branch(branch: Branch, workflow: Workflow | None = None) -> bool:
    """Whether a revision of this workflow (none: of any) has or had such a branch, or a transaction took it."""
    if branch.state and _was_taken(branch, workflow):
        return True
    names = [name for name in (branch.state, branch.next) if name]
    revisions = _having(WorkflowRevision.objects.filter(workflow=workflow) if workflow else None, names)
    definitions = list(revisions.order_by("-pk").values_list("definition", flat=True)[: MOST_READ + 1])
    if any(fits(branch, catalogue.ways_of(text) or ()) for text in dict.fromkeys(definitions[:MOST_READ])):
        return True
    return not branch.state and bool(definitions) and _was_taken(branch, workflow)


def fits(branch: Branch, ways: Iterable[tuple[str, str]]) -> bool:
    """Whether one of the ways (state and next) is this branch."""
    return any(branch.state in ("", state) and branch.next in ("", to) for state, to in ways)


def problems(branches: Iterable[tuple[str, Branch]], keys: Iterable[tuple[str, str]]) -> Iterator[FieldProblem]:
    """What is not known of branches and names of business keys, each given with the parameter it stands in."""
    for param, branch in branches:
        if not is_branch(branch):
            yield FieldProblem(param, _there_are("branch", _said(branch), _branches()))
    given = list(keys)
    known = catalogue.every_key(()) if given else []
    for param, name in given:
        if name not in known:
            yield FieldProblem(param, _there_are("business key", name, known))


def _having(revisions: QuerySet[WorkflowRevision] | None, names: Iterable[str]) -> QuerySet[WorkflowRevision]:
    """Those in whose definition all the names stand, as JSON writes them."""
    rows = WorkflowRevision.objects.all() if revisions is None else revisions
    for name in names:
        written = {json.dumps(name), json.dumps(name, ensure_ascii=False)}
        wanted = Q()
        for text in written:
            wanted |= Q(definition__contains=text)
        rows = rows.filter(wanted)
    return rows


def _was_taken(branch: Branch, workflow: Workflow | None) -> bool:
    parts = {name: value for name, value in (("state", branch.state), ("next", branch.next)) if value}
    among = [workflow] if workflow else Workflow.objects.all()  # named, they let it be found by its index
    return ChoiceResult.objects.filter(workflow__in=among, **parts).exists()


def _said(branch: Branch) -> str:
    return str(branch) if branch.state else branch.next


def _branches() -> list[str]:
    found: dict[str, None] = {}
    for workflow in Workflow.objects.order_by("name")[:MOST_LOOKED_AT]:
        found |= {f"{state}->{to}": None for state, to in catalogue.every_way(workflow, 1) or ()}
    return list(found)


def _there_are(kind: str, name: str, known: Collection[str]) -> str:
    some = ", ".join(list(known)[:MOST_NAMED])
    more = " and others" if len(known) > MOST_NAMED else ""
    return f"There is no {kind} “{name}”" + (f"; there are {some}{more}." if known else "; there is none yet.")
