"""The operations on environments, and how other operations name one. Reads only."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from workflows.api import paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import Refused, declared
from workflows.api.raw_json import answer
from workflows.api.schemas import LONGEST_NAME, EnvironmentOut, EnvironmentsOut
from workflows.inputs import FieldProblem
from workflows.models import Environment
from workflows.models.environments import DEFAULT

router = Router(tags=["Environments"])
VIEW = "workflows.view_environment"
InEnvironment = Annotated[str, Query(max_length=LONGEST_NAME, description="Name of the environment that is meant.")]


@router.get("", response={200: EnvironmentsOut, **declared(422)}, summary="List environments")
def list_environments(request: HttpRequest, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Every environment the token reaches, by name."""
    by = bound_caller(request, VIEW)
    rows = [one for one in Environment.objects.all() if not by.environments or one.slug in by.environments]
    found, following = paging.by_name(rows, lambda one: one.slug, cursor, limit)
    return answer({"results": [_told(one) for one in found], "next": following})


@router.get("/{slug:name}", response={200: EnvironmentOut, **declared(404)}, summary="Read an environment")
def read_environment(request: HttpRequest, name: str) -> HttpResponse:
    """One environment by its name."""
    by = bound_caller(request, VIEW)
    by.require(environment=name)
    found = Environment.objects.filter(slug=name).first()
    if found is None:
        raise Refused(404, "There is no such environment.")
    return answer(_told(found))


def named(by: Caller, name: str | None, path: str = "environment") -> Environment:
    """The environment a request names, else the default one. Raises OutOfBounds, Refused with `path`."""
    by.require(environment=name or DEFAULT)
    found = Environment.objects.filter(slug=name or DEFAULT).first() if "\0" not in (name or "") else None
    if found is None:
        raise Refused(422, "The environment is not known.", FieldProblem(path, "There is no such environment."))
    return found


def _told(one: Environment) -> dict[str, Any]:
    return {
        "name": one.slug,
        "title": one.title,
        "is_embedded": one.is_embedded,
        "is_production": one.is_production,
        "region": one.region,
        "account_id": one.account_id or None,
        "name_prefix": one.name_prefix,
        "reached_at": one.reached_at,
        "unreachable_since": one.unreachable_since,
        "problem": one.problem or None,
    }
