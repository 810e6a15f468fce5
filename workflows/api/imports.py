"""The operations on what is in AWS and not ours: listing it, and making one of it a definition here."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import selectors
from workflows.api import environments, paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.environments import InEnvironment
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.import_schemas import ImportIn, ImportOut, ImportsOut, SurveyOut
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer
from workflows.inputs import FieldProblem
from workflows.models import Environment, Import, Survey
from workflows.models.environments import DEFAULT
from workflows.services import imports

router = Router(tags=["Import"])
VIEW, VIEW_SURVEY = "workflows.view_import", "workflows.view_survey"
LARGEST = 2**63 - 1


@router.get("/found", response={200: SurveyOut, **declared(422)}, summary="List what is in AWS and not ours")
def read_found(request: HttpRequest, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """Functions and state machines as last listed; ask for them to be listed again with POST."""
    where = _environment(bound_caller(request, VIEW_SURVEY, serves=imports.MAY_LOOK), environment)
    return answer(_survey(selectors.survey(where), where))


@router.post("/found", response={202: SurveyOut, **declared(422)}, summary="Look in AWS again")
def look(request: HttpRequest, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """Have a worker list the account; the answer is what was known before."""
    by = bound_caller(request, imports.MAY_LOOK)
    where = _environment(by, environment)
    return answer(_survey(imports.look(where, by=by.user), where), 202)


@router.post("", response={202: ImportOut, **declared(*OF_BODY, *OF_KEY)}, summary="Import something from AWS")
def import_one(request: HttpRequest, asked: ImportIn, key: OptionalKey = None) -> HttpResponse:
    """Make one of what was found a definition. AWS is only read, and where it is adopted, tagged as ours.

    What was imported and not deployed from here since may be imported again under its name: to bring its revision up to
    what AWS has now, or to adopt it.
    """
    by = bound_caller(request, imports.MAY_LOOK)
    by.require_all_workflows()
    where = environments.named(by, asked.environment, "/environment")
    wanted = imports.Wanted(asked.arn, asked.name, asked.note, asked.adopt)

    def make() -> HttpResponse:
        try:
            return answer(_told(imports.request(where, wanted, by=by.user)), 202)
        except imports.NotImportable as refused:
            told = FieldProblem(f"/{refused.field}", str(refused))
            status = 409 if isinstance(refused, imports.UnderWay) else 422
            raise Refused(status, "It cannot be imported as asked for.", told) from None

    return once(request, key, make)


@router.get("", response={200: ImportsOut, **declared(422)}, summary="List imports")
def list_imports(request: HttpRequest, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Everything that was imported or was asked to be, newest first."""
    found, following = paging.by_id(_reached(request), cursor, limit)
    return answer({"results": [_told(row) for row in found], "next": following})


@router.get("/{int:pk}", response={200: ImportOut, **declared(404)}, summary="Read an import")
def read_import(request: HttpRequest, pk: int) -> HttpResponse:
    """One import as it is now; the function or workflow of its name once it has succeeded."""
    found = _reached(request).filter(pk=pk).first() if pk <= LARGEST else None
    if found is None:
        raise Refused(404, "There is no such import.")
    return answer(_told(found))


def _reached(request: HttpRequest) -> "QuerySet[Import]":
    by = bound_caller(request, VIEW, serves=imports.MAY_LOOK, own="requested_by")
    by.require_all_workflows()
    rows = Import.objects.select_related("environment")
    rows = rows.filter(requested_by=by.user) if by.own else rows
    return rows.filter(environment__slug__in=by.environments) if by.environments else rows


def _environment(by: Caller, name: str) -> Environment:
    by.require_all_workflows()
    return environments.named(by, name)


def _survey(row: Survey | None, where: Environment) -> dict[str, Any]:
    return {
        "environment": where.slug,
        "read_at": row.read_at if row else None,
        "is_pending": bool(row and row.next_read_at),
        "is_partial": bool(row and row.is_partial),
        "problem": (row.problem or None) if row else None,
        "results": [
            {
                "kind": one["kind"],
                "name": one["name"],
                "arn": one["arn"],
                "what": one["what"],
                "managed_by": one["owner"] or None,
            }
            for one in (row.found if row else [])
        ],
    }


def _told(row: Import) -> dict[str, Any]:
    return {
        "id": row.pk,
        "environment": row.environment.slug,
        "kind": row.kind,
        "arn": row.arn,
        "name": row.name,
        "adopted": row.adopts,
        "managed_by": row.owner or None,
        "status": row.status,
        "problem": row.problem or None,
        "not_taken_over": row.left,
        "requested_at": row.requested_at,
        "finished_at": row.finished_at,
    }
