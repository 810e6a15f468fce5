"""READS of inbound hooks and of what they received: what the log is narrowed to, and its pages. Nothing is written."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from transactions.models import InboundHook, InboundRequest
from transactions.models.inbound import MAKER_NEEDS
from workflows import permissions
from workflows.inputs import FieldProblem

PAGE = 50
OUTCOME, BEFORE = "outcome", "before"
LONGEST_ID = 18  # digits
LONGEST_NAME = 60
Outcome = InboundRequest.Outcome


def hooks() -> QuerySet[InboundHook]:
    """All of them with what names them, and whether their makers may no more submit: then they start nothing."""
    rows = InboundHook.objects.select_related("workflow", "environment", "created_by")
    return rows.annotate(is_orphaned=permissions.lacks(MAKER_NEEDS, "created_by"))


def in_vain() -> list[InboundHook]:
    """Those that are on and start nothing, for whoever made them may submit no more."""
    return list(hooks().filter(permissions.lacks(MAKER_NEEDS, "created_by"), is_active=True)[:20])


@dataclass(frozen=True, slots=True)
class Page:
    """Some requests, newest first, and the id before which the older ones are."""

    results: list[InboundRequest]
    next: int | None


def problems(params: Mapping[str, str], *, besides: Collection[str] = ()) -> tuple[FieldProblem, ...]:
    """What is wrong with the filters of an address, by the parameter's name. Empty is absent."""
    return tuple(_problems({name: value for name, value in params.items() if value and name not in besides}))


def _problems(given: Mapping[str, str]) -> Iterator[FieldProblem]:
    if OUTCOME in given and given[OUTCOME] not in Outcome.values:
        yield FieldProblem(OUTCOME, f"There are {', '.join(Outcome.values)}.")
    if BEFORE in given and not _is_id(given[BEFORE]):
        yield FieldProblem(BEFORE, "This is no place in the list.")
    for name in given:
        if name not in (OUTCOME, BEFORE):
            yield FieldProblem(name[:LONGEST_NAME], "There is no such filter.")


def page(hook: InboundHook, params: Mapping[str, str]) -> Page:
    """What fits, of parameters without problems."""
    rows = hook.requests.select_related("transaction", "duplicate_of")
    if before := params.get(BEFORE):
        rows = rows.filter(pk__lt=int(before))
    if outcome := params.get(OUTCOME):
        rows = rows.filter(outcome=outcome)
    found = list(rows[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
