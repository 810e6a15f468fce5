"""The operations that compare two revisions of one thing, as the pages do. Reads only."""

from typing import Annotated, Any, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from workflows import comparisons
from workflows.api import functions, workflows
from workflows.api.callers import bound_caller, may
from workflows.api.problems import declared
from workflows.api.raw_json import answer
from workflows.api.workflow_schemas import ComparisonOut
from workflows.comparisons import Part
from workflows.models import FunctionRevision, WorkflowRevision

router = Router()

Revision = TypeVar("Revision", FunctionRevision, WorkflowRevision)

Before = Annotated[
    int | None, Query(alias="from", ge=1, le=2**31 - 1, description="Absent: the one before `to`; of the first itself.")
]
After = Annotated[int | None, Query(alias="to", ge=1, le=2**31 - 1, description="Absent: the newest.")]


@router.get(
    "/workflows/{slug:name}/compare",
    response={200: ComparisonOut, **declared(404, 422)},
    summary="Compare two revisions of a workflow",
    tags=["Workflows"],
)
def compare_workflow(request: HttpRequest, name: str, before: Before = None, after: After = None) -> HttpResponse:
    """Line by line: definition, type, input schema, keys."""
    workflows.within(request, workflows.VIEW_REVISION, name)
    is_now = workflows.revision_of(name, after)
    was = workflows.revision_of(name, before) if before else _former(is_now.workflow.revisions.all(), is_now)
    return answer(_told(was.number, is_now.number, comparisons.of_workflows(was, is_now)))


@router.get(
    "/functions/{slug:name}/compare",
    response={200: ComparisonOut, **declared(404, 422)},
    summary="Compare two revisions of a function",
    tags=["Functions"],
)
def compare_function(request: HttpRequest, name: str, before: Before = None, after: After = None) -> HttpResponse:
    """Line by line: configuration, and each file; values of variables only for who may see them."""
    bound_caller(request, functions.VIEW_REVISION).require_all_workflows()
    is_now = functions.revision_of(name, after)
    was = functions.revision_of(name, before) if before else _former(is_now.function.revisions.all(), is_now)
    parts = comparisons.of_functions(was, is_now, may_reveal=may(request, "workflows.reveal"))
    return answer(_told(was.number, is_now.number, parts))


def _former(revisions: "QuerySet[Revision]", revision: Revision) -> Revision:
    """The one before it; of the first itself."""
    return revisions.filter(number__lt=revision.number).order_by("-number").first() or revision


def _told(before: int, after: int, parts: list[Part]) -> dict[str, Any]:
    changed = [
        {"title": part.title, "lines": [{"kind": line.kind, "text": line.text} for line in part.lines]}
        for part in parts
    ]
    return {"before": before, "after": after, "parts": changed}
