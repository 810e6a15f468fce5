"""The operations on environments, and how other operations name one. Made and changed by admins."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from workflows.api import paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer
from workflows.api.schemas import (
    LONGEST_NAME,
    EnvironmentChange,
    EnvironmentIn,
    EnvironmentInFullOut,
    EnvironmentOut,
    EnvironmentsOut,
)
from workflows.inputs import FieldProblem
from workflows.models import Environment
from workflows.models.environments import DEFAULT
from workflows.services import environments

router = Router(tags=["Environments"])
VIEW, ADD, CHANGE = "workflows.view_environment", "workflows.add_environment", "workflows.change_environment"
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


@router.post("", response={201: EnvironmentInFullOut, **declared(*OF_BODY, *OF_KEY)}, summary="Make an environment")
def make_environment(request: HttpRequest, asked: EnvironmentIn, key: OptionalKey = None) -> HttpResponse:
    """A place in an AWS account; workers use it from their next call on."""
    by = bound_caller(request, ADD)
    by.require_all_workflows()
    by.require(environment=asked.name)
    return once(request, key, lambda: _kept(Environment(slug=asked.name), asked.dict(exclude={"name"}), by, 201))


@router.patch(
    "/{slug:name}", response={200: EnvironmentInFullOut, **declared(*OF_BODY, 404)}, summary="Change an environment"
)
def change_environment(request: HttpRequest, name: str, asked: EnvironmentChange) -> HttpResponse:
    """Change what is named; workers use it from their next call on."""
    by = bound_caller(request, CHANGE)
    by.require_all_workflows()
    by.require(environment=name)
    found = Environment.objects.filter(slug=name).first()
    if found is None:
        raise Refused(404, "There is no such environment.")
    return _kept(found, asked.dict(exclude_unset=True), by)


def named(by: Caller, name: str | None, path: str = "environment") -> Environment:
    """The environment a request names, else the default one. Raises OutOfBounds, Refused with `path`."""
    by.require(environment=name or DEFAULT)
    found = Environment.objects.filter(slug=name or DEFAULT).first() if "\0" not in (name or "") else None
    if found is None:
        told = FieldProblem(path, "There is no such environment.")
        is_filter = not path.startswith("/")  # a parameter, not a part of the body
        raise Refused(422, "The environment is not known.", told, **({"code": "bad_filter"} if is_filter else {}))
    return found


def _kept(row: Environment, said: Mapping[str, Any], by: Caller, status: int = 200) -> HttpResponse:
    for field, value in said.items():
        setattr(row, field, value.strip() if isinstance(value, str) else value)
    try:
        row.full_clean()
        environments.save(row, by=by.user)
    except ValidationError as refused:
        raise Refused(422, "The environment was not kept.", *_problems(refused)) from refused
    except environments.SlugTaken as taken:
        raise Refused(422, "The environment was not kept.", FieldProblem("/name", str(taken))) from taken
    told = {"external_id": row.external_id, "permissions_boundary": row.permissions_boundary}
    return answer(_told(row) | told, status)


def _problems(refused: ValidationError) -> Iterator[FieldProblem]:
    for field, errors in refused.error_dict.items():
        is_taken = field == "slug" and any(one.code == "unique" for one in errors)
        told = str(environments.SlugTaken()) if is_taken else " ".join(refused.message_dict[field])
        yield FieldProblem(f"/{'name' if field == 'slug' else field}", told)


def _told(one: Environment) -> dict[str, Any]:
    return {
        "name": one.slug,
        "title": one.title,
        "is_embedded": one.is_embedded,
        "is_production": one.is_production,
        "region": one.region,
        "account_id": one.account_id or None,
        "name_prefix": one.name_prefix,
        "colour": one.colour,
        "role_arn": one.role_arn,
        "reached_at": one.reached_at,
        "unreachable_since": one.unreachable_since,
        "problem": one.problem or None,
        "capabilities": [
            {"name": name, "is_available": found.is_available, "refusal": found.refusal or None}
            for name, found in one.capabilities.named()
        ],
    }
