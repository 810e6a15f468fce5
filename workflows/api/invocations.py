"""The operations on invocations: asking for one, reading what came of them, and keeping payloads for them."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import invocations as reads
from workflows.api import environments, paging
from workflows.api.callers import Caller, acting_caller, bound_caller
from workflows.api.environments import InEnvironment
from workflows.api.function_schemas import (
    InvocationIn,
    InvocationOut,
    InvocationsOut,
    PayloadIn,
    PayloadOut,
    PayloadsOut,
    SmokeTestIn,
    SmokeTestOut,
)
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import JsonText, answer
from workflows.failures import Failure
from workflows.inputs import FieldProblem
from workflows.invocations import Shown
from workflows.models import Environment, Function, Invocation, Payload, User
from workflows.models.environments import DEFAULT
from workflows.services import invocations
from workflows.services.invocations import Asked, NotInvocable

router = Router(tags=["Functions"])

INVOKE, VIEW = "workflows.invoke", "workflows.view_invocation"


@router.post(
    "/functions/{slug:name}/invocations",
    response={202: InvocationOut, **declared(*OF_BODY, *OF_KEY, 404)},
    summary="Invoke a function",
)
def invoke_function(request: HttpRequest, name: str, asked: InvocationIn, key: OptionalKey = None) -> HttpResponse:
    """Ask for what is live to be invoked, once. Read what came of it at the invocation's own address."""
    by = _caller(request, INVOKE, asked.environment or DEFAULT)
    function = _function(name)
    slug = asked.environment or DEFAULT
    environment = Environment.objects.filter(slug=slug).first()
    if environment is None:
        raise _not_invoked(FieldProblem("/environment", f"There is no environment “{slug}”."))
    wanted = Asked(asked.payload.text, asked.type)
    try:
        return once(request, key, lambda: _accepted(invocations.request(function, environment, wanted, by=by)))
    except NotInvocable as refused:
        raise _not_invoked(*refused.problems) from refused


@router.put(
    "/functions/{slug:name}/smoke-test",
    response={200: SmokeTestOut, **declared(*OF_BODY, 404)},
    summary="Choose a function's smoke test",
)
def choose_smoke_test(request: HttpRequest, name: str, asked: SmokeTestIn) -> HttpResponse:
    """The kept payload that a version must answer without an error before the alias leads to it; null: none."""
    by = bound_caller(request, "workflows.deploy")
    by.require_all_workflows()
    function = Function.objects.select_related("smoke_test").filter(name=name).first()
    if function is None:
        raise Refused(404, "There is no such function.")
    payload = Payload.objects.filter(function=function, name=asked.name).first() if asked.name else None
    if asked.name and payload is None:
        problem = FieldProblem("/name", "No payload of this name is kept for it.")
        raise Refused(422, "The smoke test was not chosen.", problem)
    invocations.choose_smoke_test(function, payload, by=by.user)
    return answer({"function": name, "name": payload.name if payload else None})


@router.get(
    "/functions/{slug:name}/invocations",
    response={200: InvocationsOut, **declared(404, 422)},
    summary="List a function's invocations",
)
def list_invocations(
    request: HttpRequest, name: str, environment: InEnvironment = DEFAULT, cursor: Cursor = "", limit: Limit = PAGE
) -> HttpResponse:
    """Those asked for here, newest first."""
    by = _bound(request, VIEW)
    where = environments.named(by, environment)
    found, following = paging.by_id(reads.of(_function(name), where), cursor, limit)
    return answer({"results": [_told(Shown(row)) for row in found], "next": following})


@router.get(
    "/functions/{slug:name}/payloads",
    response={200: PayloadsOut, **declared(404, 422)},
    summary="List a function's payloads",
)
def list_payloads(request: HttpRequest, name: str, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """What it is invoked with, kept under a name for everybody."""
    _bound(request, "workflows.view_payload")
    found, following = paging.by_name(reads.payloads(_function(name)), lambda row: row.name, cursor, limit)
    return answer({"results": [_payload_told(row) for row in found], "next": following})


@router.post(
    "/functions/{slug:name}/payloads",
    response={201: PayloadOut, **declared(*OF_BODY, *OF_KEY, 404)},
    summary="Keep a payload",
)
def save_payload(request: HttpRequest, name: str, asked: PayloadIn, key: OptionalKey = None) -> HttpResponse:
    """Keep it under its name; an earlier one of that name is replaced."""
    by, function = _bound(request, INVOKE).user, _function(name)

    def save() -> HttpResponse:
        row = invocations.save_payload(function, asked.name, asked.payload.text, by=by)
        return answer(_payload_told(row), 201)

    try:
        return once(request, key, save)
    except NotInvocable as refused:
        raise Refused(422, "The payload was not kept.", *refused.problems) from refused


@router.delete(
    "/functions/{slug:name}/payloads/{int:pk}", response={204: None, **declared(404)}, summary="Delete a payload"
)
def delete_payload(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """Forget it; invocations made with it keep theirs."""
    by = _bound(request, INVOKE).user
    row = next((one for one in reads.payloads(_function(name)) if one.pk == pk), None)
    if row is None:
        raise Refused(404, "There is no such payload.")
    invocations.delete_payload(row, by=by)
    return HttpResponse(status=204)


@router.get("/invocations/{int:pk}", response={200: InvocationOut, **declared(404)}, summary="Read an invocation")
def read_invocation(request: HttpRequest, pk: int) -> HttpResponse:
    """One invocation as it is now."""
    by = bound_caller(request, VIEW, serves=INVOKE, own="requested_by")
    return answer(_told(Shown(_reached(by, reads.find(pk)))))


@router.post(
    "/invocations/{int:pk}/leave",
    response={200: InvocationOut, **declared(404)},
    summary="Wait for an invocation no longer",
)
def leave_invocation(request: HttpRequest, pk: int) -> HttpResponse:
    """What was not sent is not sent; what was sent goes on, for AWS cannot cancel it. Harmless when it is over."""
    by = acting_caller(request, INVOKE, looks=VIEW, own="requested_by")
    row = _reached(by, reads.find(pk))
    invocations.stop_waiting(row, by=by.user)
    row.refresh_from_db()
    return answer(_told(Shown(row)))


def _caller(request: HttpRequest, permission: str, environment: str | None) -> User:
    """Who calls, if their token reaches the environment; one bound to workflows reaches no function by itself."""
    by = _bound(request, permission)
    by.require(environment=environment)
    return by.user


def _reached(by: Caller, row: Invocation | None) -> Invocation:
    """One that the token reaches. Raises OutOfBounds, Refused."""
    by.require_all_workflows()
    by.require(environment=row.environment.slug if row else None)
    if row is None or (by.own and row.requested_by_id != by.user.pk):
        raise Refused(404, "There is no such invocation.")
    return row


def _bound(request: HttpRequest, permission: str) -> Caller:
    by = bound_caller(request, permission)
    by.require_all_workflows()
    return by


def _function(name: str) -> Function:
    found = Function.objects.filter(name=name).first()
    if found is None:
        raise Refused(404, "There is no such function.")
    return found


def _payload_told(row: Payload) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "payload": JsonText(row.text), "created_at": row.created_at}


def _accepted(row: Invocation) -> HttpResponse:
    return answer(_told(Shown(row)), 202)


def _not_invoked(*problems: FieldProblem) -> Refused:
    return Refused(422, "The function was not invoked.", *problems)


def _told(shown: Shown) -> dict[str, Any]:
    row = shown.row
    return {
        "id": row.pk,
        "function": row.function.name,
        "revision": row.deployment.revision.number,
        "environment": row.environment.slug,
        "type": row.type,
        "status": row.status_now.value,
        "payload": JsonText(row.payload),
        "result": None if row.result is None else JsonText(row.result),
        "error": _failure(shown.failure),
        "log_tail": row.log_tail or None,
        "request_id": row.request_id or None,
        "duration_ms": _number(row.duration_ms),
        "billed_ms": row.billed_ms,
        "init_ms": _number(row.init_ms),
        "memory_mb": row.memory_mb,
        "memory_size_mb": row.memory_size_mb,
        "cost": _number(shown.cost.amount) if shown.cost else None,
        "currency": shown.cost.currency if shown.cost else None,
        "requested_at": row.requested_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def _failure(failure: Failure | None) -> dict[str, Any] | None:
    """In AWS's own form, whatever the runtime."""
    if failure is None:
        return None
    return {"errorType": failure.type, "errorMessage": failure.message, "stackTrace": list(failure.trace)}


def _number(value: Decimal | None) -> JsonText | None:
    """A number with the digits it has."""
    return None if value is None else JsonText(format(value.normalize(), "f"))
