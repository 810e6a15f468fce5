"""The operations on what differs in AWS from what was deployed: listing, comparing now, taking it as it is."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import selectors, variables
from workflows.api import environments, paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.environments import InEnvironment
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer
from workflows.api.schemas import AcceptIn, DriftOut, DriftsOut
from workflows.models import Drift, Function, Workflow
from workflows.models.environments import DEFAULT
from workflows.services import drift

router = Router(tags=["Drift"])
OF_COMPARING = {202: DriftOut, **declared(404, 409, 422)}
OF_ACCEPTING = {202: DriftOut, **declared(*OF_BODY, *OF_KEY, 404)}


@router.get("/drift", response={200: DriftsOut, **declared(422)}, summary="List what differs in AWS")
def list_drift(
    request: HttpRequest,
    environment: InEnvironment = DEFAULT,
    differs: bool | None = None,
    cursor: Cursor = "",
    limit: Limit = PAGE,
) -> HttpResponse:
    """Everything that is live there and was compared; `differs` keeps what does, or what does not."""
    by = bound_caller(request, drift.MAY_COMPARE, serves=drift.MAY_ACCEPT)
    rows = selectors.find_drifts(environments.named(by, environment))
    if by.workflows:
        rows = rows.filter(workflow__name__in=by.workflows)
    if differs is not None:
        rows = rows.filter(differs_since__isnull=not differs)
    found, following = paging.by_id(rows, cursor, limit, column="pk")
    return answer({"results": [_told_of(row) for row in found], "next": following})


@router.post("/drift", response={202: DriftsOut, **declared(422)}, summary="Compare everything with AWS")
def compare_everything(request: HttpRequest, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """Have a worker read all that is live there; the answer is the first page of what was known before."""
    by = bound_caller(request, drift.MAY_COMPARE, serves=drift.MAY_ACCEPT)
    by.require_all_workflows()
    where = environments.named(by, environment)
    drift.ask(where, by=by.user)
    found, following = paging.by_id(selectors.find_drifts(where), "", PAGE, column="pk")
    return answer({"results": [_told_of(row) for row in found], "next": following}, 202)


@router.post("/functions/{slug:name}/drift", response=OF_COMPARING, summary="Compare a function with AWS")
def compare_function(request: HttpRequest, name: str, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """Have a worker read what is live now; the answer is what was known before. Reading the function tells more."""
    by = bound_caller(request, drift.MAY_COMPARE, serves=drift.MAY_ACCEPT)
    by.require_all_workflows()
    return _compare(by, Function.objects.filter(name=name).first(), environment)


@router.post("/workflows/{slug:name}/drift", response=OF_COMPARING, summary="Compare a workflow with AWS")
def compare_workflow(request: HttpRequest, name: str, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """Have a worker read what is live now; the answer is what was known before. Reading the workflow tells more."""
    by = bound_caller(request, drift.MAY_COMPARE, serves=drift.MAY_ACCEPT)
    by.require(workflow=name)
    return _compare(by, Workflow.objects.filter(name=name).first(), environment)


@router.post("/functions/{slug:name}/drift/accept", response=OF_ACCEPTING, summary="Accept a function as it is in AWS")
def accept_function(
    request: HttpRequest, name: str, asked: AcceptIn, environment: InEnvironment = DEFAULT, key: OptionalKey = None
) -> HttpResponse:
    """What is live becomes a revision, which is deployed; `fingerprint` says which differences were looked at."""
    by = bound_caller(request, drift.MAY_ACCEPT)
    by.require_all_workflows()
    found = Function.objects.filter(name=name)
    return once(request, key, lambda: _accept(by, _compared(by, found.first(), environment), asked))


@router.post("/workflows/{slug:name}/drift/accept", response=OF_ACCEPTING, summary="Accept a workflow as it is in AWS")
def accept_workflow(
    request: HttpRequest, name: str, asked: AcceptIn, environment: InEnvironment = DEFAULT, key: OptionalKey = None
) -> HttpResponse:
    """What is live becomes a revision, which is deployed; `fingerprint` says which differences were looked at."""
    by = bound_caller(request, drift.MAY_ACCEPT)
    by.require(workflow=name)
    found = Workflow.objects.filter(name=name)
    return once(request, key, lambda: _accept(by, _compared(by, found.first(), environment), asked))


def _told_of(row: Drift) -> dict[str, Any]:
    named = {
        "function": row.function.name if row.function else None,
        "workflow": row.workflow.name if row.workflow else None,
        "environment": row.environment.slug,
    }
    return {**named, **(told(row) or {})}


def told(row: Drift | None) -> dict[str, Any] | None:
    """What is known of a thing; values of environment variables are masked for everybody."""
    if row is None:
        return None
    return {
        "differs": row.differs,
        "differs_since": row.differs_since,
        "is_gone": row.is_gone,
        "checked_at": row.checked_at,
        "is_pending": row.is_pending,
        "problem": row.problem or row.accept_problem or None,
        "fingerprint": row.fingerprint or None,
        "differences": [_told(one) for one in row.readable],
    }


def _told(one: dict[str, Any]) -> dict[str, Any]:
    deployed, live = variables.difference(one["deployed"], one["live"], one["is_secret"])
    return {"field": one["field"], "deployed": deployed, "live": live, "since": datetime.fromisoformat(one["since"])}


def _compare(by: Caller, thing: Function | Workflow | None, environment: str) -> HttpResponse:
    if thing is None:
        raise Refused(404, "There is nothing of that name.")
    where = environments.named(by, environment)
    drift.ask(where, by=by.user, thing=thing)
    row = selectors.drift_of(thing, where)
    if row is None:
        raise Refused(409, "It is not deployed there, so there is nothing to compare.")
    return answer(told(row), 202)


def _compared(by: Caller, thing: Function | Workflow | None, environment: str) -> Drift:
    row = selectors.drift_of(thing, environments.named(by, environment)) if thing else None
    if row is None:
        raise Refused(404, "There is nothing of that name that was compared.")
    return row


def _accept(by: Caller, row: Drift, asked: AcceptIn) -> HttpResponse:
    try:
        drift.accept(row, asked.note, seen=asked.fingerprint, by=by.user)
    except drift.ChangedMeanwhile as refused:
        raise Refused(409, str(refused), code="changed_meanwhile") from None
    except drift.NothingToAccept as refused:
        raise Refused(409, str(refused)) from None
    row.refresh_from_db()
    return answer(told(row), 202)
