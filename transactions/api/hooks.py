"""The operations on hooks and their deliveries: reads of the delivery log, writes by services.

A token bound to workflows or environments reaches the hooks that name one of each; one for all of them is beyond it.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from transactions import delivery_log, outcomes, payloads
from transactions.api.hook_schemas import (
    DeliveriesOut,
    DeliveryInFullOut,
    HookFilter,
    HookIn,
    HookMadeOut,
    HookOut,
    HooksOut,
    OutcomesOut,
    ResendIn,
    ResentOut,
    SecretOut,
)
from transactions.models import Attempt, Delivery, Hook
from transactions.selectors import BadCursor
from transactions.services import deliveries as resending
from transactions.services import hooks as services
from transactions.services.hooks import MANAGE, NotNow, Wish
from transactions.services.submissions import Rejected
from transactions.statuses import DELIVERY_TOLD
from workflows import charts
from workflows.api import paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import JsonText, answer, nothing

hooks = Router(tags=["Hooks"])
deliveries = Router(tags=["Hooks"])

T = TypeVar("T")
Row = TypeVar("Row", Delivery, Hook)

VIEW = "transactions.view_hook"
VIEW_DELIVERIES = "transactions.view_delivery"


def _parameter(name: str, says: str, **schema: Any) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "description": says, "schema": {"type": "string"} | schema}


# Read by `delivery_log.parse`, for pages and API alike; here only described.
FILTERS: dict[str, Any] = {
    "parameters": [
        _parameter("hook", "Id.", format="uuid"),
        _parameter(
            "status", "`pending` was not tried yet, `failing` waits for its next try.", enum=list(DELIVERY_TOLD)
        ),
        _parameter("event", "What was told.", enum=[*payloads.EVENTS, payloads.PING]),
        _parameter("transaction", "Id.", format="uuid"),
        _parameter("since", "ISO 8601; without an offset it is UTC.", format="date-time"),
        _parameter("until", "ISO 8601; without an offset it is UTC.", format="date-time"),
    ]
}

# ---- hooks


@hooks.post("", response={201: HookMadeOut, **declared(*OF_BODY, *OF_KEY)}, summary="Subscribe")
def subscribe(request: HttpRequest, asked: HookIn, key: OptionalKey = None) -> HttpResponse:
    """Make a hook. It is sent a signed ping, and is live once that is answered with 2xx."""
    by = bound_caller(request, MANAGE)
    wish = _wish(by, asked)

    def make() -> HttpResponse:
        made = _asked(lambda: services.subscribe(wish, by=by.user))
        return answer(_hook(_get_hook(by, made.hook.pk)) | {"secret": made.secret}, 201)

    return once(request, key, make)


@hooks.get("", response={200: HooksOut, **declared(422)}, summary="List hooks")
def list_hooks(
    request: HttpRequest, status: HookFilter | None = None, cursor: Cursor = "", limit: Limit = PAGE
) -> HttpResponse:
    """Every hook the token reaches, newest first; `failing` are those that nothing reaches now, live or not yet."""
    page = _page(bound_caller(request, VIEW, serves=MANAGE).within(delivery_log.hooks_of(status or "")), cursor, limit)
    return answer({"results": [_hook(hook) for hook in page.results], "next": page.next})


@hooks.get("/{uuid:pk}", response={200: HookOut, **declared(404)}, summary="Read a hook")
def read_hook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One hook as it is now."""
    return answer(_hook(_get_hook(bound_caller(request, VIEW, serves=MANAGE), pk)))


@hooks.put("/{uuid:pk}", response={200: HookOut, **declared(*OF_BODY, 404, 409)}, summary="Change a hook")
def change_hook(request: HttpRequest, pk: UUID, asked: HookIn) -> HttpResponse:
    """Keep other wishes; one that leads elsewhere has to answer a ping again."""
    by = bound_caller(request, MANAGE)
    _asked(lambda: services.change(_get_hook(by, pk), _wish(by, asked), by=by.user))
    return answer(_hook(_get_hook(by, pk)))


@hooks.delete("/{uuid:pk}", response={204: None, **declared(404, 409)}, summary="Unsubscribe")
def delete_hook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End the subscription. Its deliveries stay to be looked at."""
    by = bound_caller(request, MANAGE)
    _asked(lambda: services.delete(_get_hook(by, pk), by=by.user))
    return nothing()


@hooks.post("/{uuid:pk}/take-over", response={200: HookOut, **declared(404, 409)}, summary="Take a hook over")
def take_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The token's owner answers for it from now on. Doing it twice is doing it once."""
    by = bound_caller(request, MANAGE)
    _asked(lambda: services.take_over(_get_hook(by, pk), by=by.user))
    return answer(_hook(_get_hook(by, pk)))


@hooks.post("/{uuid:pk}/verify", response={202: HookOut, **declared(404, 409)}, summary="Verify a hook")
def verify_hook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send it a ping; what was off is live again once that is answered, and what waits is tried at once."""
    by = bound_caller(request, MANAGE)
    _asked(lambda: services.verify(_get_hook(by, pk), by=by.user))
    return answer(_hook(_get_hook(by, pk)), 202)


@hooks.post("/{uuid:pk}/off", response={200: HookOut, **declared(404, 409)}, summary="Switch a hook off")
def switch_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Tell it nothing more until it is verified again. Doing it twice is doing it once."""
    by = bound_caller(request, MANAGE)
    _asked(lambda: services.switch_off(_get_hook(by, pk), by=by.user))
    return answer(_hook(_get_hook(by, pk)))


@hooks.post("/{uuid:pk}/rotate", response={200: SecretOut, **declared(*OF_KEY, 404)}, summary="Rotate a hook's secret")
def rotate(request: HttpRequest, pk: UUID, key: OptionalKey = None) -> HttpResponse:
    """Give it a new secret; for a day messages are signed with the former one too.

    409 while that one is valid still: end the overlap first.
    """
    by = bound_caller(request, MANAGE)

    def make() -> HttpResponse:
        secret = _asked(lambda: services.rotate_secret(_get_hook(by, pk), by=by.user))
        return answer({"secret": secret, "former_until": _get_hook(by, pk).former_until})

    return once(request, key, make)


@hooks.post("/{uuid:pk}/end-overlap", response={200: HookOut, **declared(404, 409)}, summary="End a hook's overlap")
def end_overlap(request: HttpRequest, pk: UUID) -> HttpResponse:
    """From now on messages are signed with the newest secret only."""
    by = bound_caller(request, MANAGE)
    _asked(lambda: services.end_overlap(_get_hook(by, pk), by=by.user))
    return answer(_hook(_get_hook(by, pk)))


@hooks.post(
    "/{uuid:pk}/resend", response={202: ResentOut, **declared(*OF_BODY, 404, 409)}, summary="Resend what failed"
)
def resend_failed(request: HttpRequest, pk: UUID, asked: ResendIn) -> HttpResponse:
    """Send all that failed or was missed since a time, or in a range, also what waits for its next try."""
    by = bound_caller(request, MANAGE)
    count = _asked(lambda: resending.resend_failed(_get_hook(by, pk), asked.since, asked.until, by=by.user))
    return answer({"count": count}, 202)


# ---- deliveries


@deliveries.get("", response={200: DeliveriesOut, **declared(422)}, summary="List deliveries", openapi_extra=FILTERS)
def list_deliveries(request: HttpRequest, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Newest first."""
    by = bound_caller(request, VIEW_DELIVERIES, serves=MANAGE)
    filters, problems = delivery_log.parse(request.GET.dict(), besides=("cursor", "limit"))
    if problems:
        raise Refused(422, "The filters could not be read.", *problems, code="bad_filter")
    page = _page(by.within(delivery_log.find(filters), "hook__"), cursor, limit)
    return answer({"results": [_delivery(row) for row in page.results], "next": page.next})


@deliveries.get(
    "/outcomes", response={200: OutcomesOut, **declared(404, 422)}, summary="Count what became of deliveries"
)
def count_outcomes(request: HttpRequest, hook: UUID | None = None) -> HttpResponse:
    """Hour by hour over a week, the newest first, hours without any left out; of one hook or of all."""
    by = bound_caller(request, VIEW_DELIVERIES, serves=MANAGE)
    rows = by.within(Delivery.objects.all(), "hook__")
    chart = outcomes.chart(timezone.now(), rows.filter(hook=_get_hook(by, hook)) if hook else rows)
    return answer({"results": [_hour(row) for row in chart.rows]})


@deliveries.get("/{uuid:pk}", response={200: DeliveryInFullOut, **declared(404)}, summary="Read a delivery")
def read_delivery(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One delivery with what was sent, and every try."""
    by = bound_caller(request, VIEW_DELIVERIES, serves=MANAGE)
    row = _get_delivery(by, pk)
    return answer(_delivery(row) | {"payload": JsonText(row.body), "tried": [_attempt(one) for one in row.tried.all()]})


@deliveries.post("/{uuid:pk}/resend", response={202: DeliveryInFullOut, **declared(404, 409)}, summary="Resend one")
def resend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send it again under the same message id."""
    by = bound_caller(request, MANAGE)
    _asked(lambda: resending.resend(_get_delivery(by, pk), by=by.user))
    row = _get_delivery(by, pk)
    tried = [_attempt(one) for one in row.tried.all()]
    return answer(_delivery(row) | {"payload": JsonText(row.body), "tried": tried}, 202)


# ---- what they share


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except Rejected as rejected:
        raise Refused(rejected.status, "The hook was not accepted.", *rejected.problems) from rejected
    except NotNow as why:
        raise Refused(409, str(why)) from why


def _page(rows: "QuerySet[Row]", cursor: str, limit: int) -> delivery_log.Page[Row]:
    try:
        return delivery_log.page(rows, cursor, limit)
    except BadCursor:
        raise paging.bad_cursor() from None


def _wish(by: Caller, asked: HookIn) -> Wish:
    """What is asked for, if the token reaches it; no workflow is every workflow. Raises OutOfBounds."""
    by.require(workflow=asked.workflow or "", environment=asked.environment or "")
    return Wish(
        target_url=asked.target_url,
        events=asked.events,
        workflow=asked.workflow or "",
        environment=asked.environment or "",
        branch=asked.branch or "",
        conditions=asked.conditions,
    )


def _get_hook(by: Caller, pk: UUID) -> Hook:
    hook = by.within(delivery_log.hooks()).filter(pk=pk).first()
    if hook is None:
        raise Refused(404, "There is no such hook.")
    return hook


def _get_delivery(by: Caller, pk: UUID) -> Delivery:
    row = delivery_log.get(pk, by.within(Delivery.objects.all(), "hook__"))
    if row is None:
        raise Refused(404, "There is no such delivery.")
    return row


def _hook(hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.pk,
        "target_url": hook.target_url,
        "events": hook.events,
        "workflow": hook.workflow.name if hook.workflow else None,
        "branch": hook.branch or None,
        "environment": hook.environment.slug if hook.environment else None,
        "conditions": hook.conditions,
        "status": hook.status,
        "problem": hook.problem or None,
        "created_at": hook.created_at,
        "created_by": hook.created_by.get_username() if hook.created_by else None,
        "is_orphaned": vars(hook)["is_orphaned"],
        "live_since": hook.live_since,
        "failing_since": hook.failing_since,
        "held_until": hook.held_until,
        "former_until": hook.former_until if hook.is_former_valid else None,
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "message_id": row.message_id,
        "hook": row.hook_id,
        "event": row.kind,
        "subject": row.subject,
        "status": row.status_now.value,
        "reason": row.reason or None,
        "is_missed": row.is_missed,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "attempts": row.attempts,
        "status_code": row.status_code,
        "next_attempt_at": row.due_at,
    }


def _hour(row: charts.Row) -> dict[str, Any]:
    return {"at": row.at} | {name: int(count or 0) for name, count in zip(outcomes.SHOWN, row.values, strict=True)}


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": one.at,
        "duration_ms": one.duration_ms,
        "request_headers": one.request_headers,
        "status_code": one.status_code,
        "answer": one.answer,
        "error": one.error or None,
    }
