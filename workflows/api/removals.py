"""The operations that tell what deleting a function would take away, and restore one; and what deleting answers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import removals
from workflows.api import deployments
from workflows.api.callers import caller
from workflows.api.function_schemas import RemovalOut, RemovalPlanOut
from workflows.api.problems import Refused, declared
from workflows.api.raw_json import answer
from workflows.inputs import FieldProblem
from workflows.models import Deployment, Function, User
from workflows.services import definitions
from workflows.services import removals as service

router = Router(tags=["Functions"])
VIEW = "workflows.view_function"


@router.get(
    "/{slug:name}/deletion", response={200: RemovalPlanOut, **declared(404)}, summary="Plan a function's deletion"
)
def plan(request: HttpRequest, name: str) -> HttpResponse:
    """What deleting it would take away, environment by environment, and what forbids it. Nothing is done."""
    caller(request, VIEW)
    function = _get(name)
    told = {
        "function": function.name,
        "used_by": [
            {"kind": one.kind.lower(), "name": one.name, "where": one.where} for one in removals.uses(function)
        ],
        "environments": [
            {
                "environment": one.environment.slug,
                "steps": [{"verb": line.verb, "what": line.what, "details": list(line.details)} for line in one.lines],
            }
            for one in removals.plan(function)
        ],
    }
    return answer(told)


@router.post("/{slug:name}/restore", response={200: RemovalOut, **declared(404, 409)}, summary="Restore a function")
def restore(request: HttpRequest, name: str) -> HttpResponse:
    """List a deleted function again, deployed nowhere. 409 where it was not deleted."""
    by = caller(request, "workflows.add_functionrevision")
    function = _get(name)
    if not definitions.restore(function, by=by):
        raise Refused(409, f"{function} was not deleted.")
    return answer(_told(function, []))


def asked(name: str, by: User) -> HttpResponse:
    """Have a function deleted. Raises Refused."""
    function = _get(name)
    try:
        rows = service.request(function, by=by)
    except service.NotRemovable as refused:
        uses = (FieldProblem("", f"It is named by {one}.") for one in refused.uses)
        raise Refused(409, str(refused), *uses) from refused
    return answer(_told(function, rows), 202)


def _told(function: Function, asked: list[Deployment]) -> dict[str, Any]:
    function.refresh_from_db()
    return {
        "function": function.name,
        "deleted_at": function.deleted_at,
        "deployments": [deployments.told_briefly(row, row.environment) for row in asked],
    }


def _get(name: str) -> Function:
    found = Function.objects.filter(name=name).first()
    if found is None:
        raise Refused(404, "There is no such function.")
    return found
