"""The operations on inbound hooks: made, changed, rotated, tested, and what they received."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from transactions import inbound, inbound_log
from transactions.api.inbound_schemas import (
    InboundHookChange,
    InboundHookIn,
    InboundHookMadeOut,
    InboundHookOut,
    InboundHooksOut,
    InboundRequestsOut,
    Outcome,
    SecretIn,
    StagesOut,
    TestIn,
)
from transactions.inbound import Received
from transactions.models import InboundHook, InboundRequest
from transactions.services import inbound as hooks
from transactions.services.hooks import NotNow
from transactions.services.submissions import Rejected
from workflows.api import environments, paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import JsonText, answer, nothing
from workflows.inputs import FieldProblem
from workflows.models import Workflow

router = Router(tags=["Inbound hooks"])
NAMES = {"/slug": "/name"}  # where a problem is, as the page and as REST call it
VIEW, VIEW_REQUEST = "transactions.view_inboundhook", "transactions.view_inboundrequest"


@router.get("", response={200: InboundHooksOut, **declared(422)}, summary="List inbound hooks")
def list_hooks(request: HttpRequest, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Every inbound hook the token reaches, by name."""
    rows = _reader(request, VIEW).within(inbound_log.hooks())
    found, following = paging.by_name(list(rows), str, cursor, limit)
    return answer({"results": [_told(hook) for hook in found], "next": following})


@router.post("", response={201: InboundHookMadeOut, **declared(*OF_BODY, *OF_KEY)}, summary="Make an inbound hook")
def make_hook(request: HttpRequest, asked: InboundHookIn, key: OptionalKey = None) -> HttpResponse:
    """Make one; `secret` is in this answer, and only when none was given. Takes the scope `submit` too."""
    by = _starter(request)

    def make() -> HttpResponse:
        hook = InboundHook(slug=asked.name)
        _put(by, hook, asked.dict())
        secret = _saved(lambda: hooks.save(hook, by=by.user, secret=asked.secret))
        return answer({**_told(_get(by, hook.slug)), "secret": secret}, 201)

    return once(request, key, make)


@router.get("/{slug:name}", response={200: InboundHookOut, **declared(404)}, summary="Read an inbound hook")
def read_hook(request: HttpRequest, name: str) -> HttpResponse:
    """One by its name, without its secrets."""
    return answer(_told(_get(_reader(request, VIEW), name)))


@router.patch(
    "/{slug:name}", response={200: InboundHookOut, **declared(*OF_BODY, 404)}, summary="Change an inbound hook"
)
def change_hook(request: HttpRequest, name: str, asked: InboundHookChange) -> HttpResponse:
    """Change what is given, and leave the rest; the name stays. All but title and switching off takes `submit` too."""
    by = bound_caller(request, hooks.MANAGE)
    hook = _get(by, name)
    _put(by, hook, asked.dict(exclude_unset=True))
    if hooks.starts_otherwise(hook):
        _starter(request)
    _saved(lambda: hooks.save(hook, by=by.user))
    return answer(_told(_get(by, hook.slug)))


@router.delete("/{slug:name}", response={204: None, **declared(404)}, summary="Delete an inbound hook")
def delete_hook(request: HttpRequest, name: str) -> HttpResponse:
    """Delete it with its log; what it started stays."""
    by = bound_caller(request, hooks.MANAGE)
    hooks.delete(_get(by, name), by=by.user)
    return nothing()


@router.post(
    "/{slug:name}/rotate",
    response={200: InboundHookMadeOut, **declared(*OF_BODY, *OF_KEY, 404)},
    summary="Rotate an inbound hook's secret",
)
def rotate_secret(request: HttpRequest, name: str, asked: SecretIn, key: OptionalKey = None) -> HttpResponse:
    """Give it another secret; the one before stays valid beside it until `end-overlap`, and till then this is a 409.

    Takes the scope `submit` too.
    """
    by = _starter(request)

    def make() -> HttpResponse:
        secret = _saved(lambda: hooks.rotate(_get(by, name), by=by.user, secret=asked.secret))
        return answer({**_told(_get(by, name)), "secret": secret})

    return once(request, key, make)


@router.post("/{slug:name}/end-overlap", response={200: InboundHookOut, **declared(404)}, summary="End the overlap")
def end_overlap(request: HttpRequest, name: str) -> HttpResponse:
    """From now on only the newest secret is valid."""
    by = bound_caller(request, hooks.MANAGE)
    hooks.forget_previous(_get(by, name), by=by.user)
    return answer(_told(_get(by, name)))


@router.post(
    "/{slug:name}/take-over", response={200: InboundHookOut, **declared(404)}, summary="Take an inbound hook over"
)
def take_over(request: HttpRequest, name: str) -> HttpResponse:
    """It starts in the name of the token's owner from now on, with its secret and log. Takes the scope `submit` too."""
    by = _starter(request)
    hooks.take_over(_get(by, name), by=by.user)
    return answer(_told(_get(by, name)))


@router.get(
    "/{slug:name}/requests",
    response={200: InboundRequestsOut, **declared(404, 422)},
    summary="List what an inbound hook received",
)
def list_requests(
    request: HttpRequest, name: str, outcome: Outcome | None = None, cursor: Cursor = "", limit: Limit = PAGE
) -> HttpResponse:
    """Newest first, each with what became of it."""
    rows = _get(_reader(request, VIEW_REQUEST), name).requests.all()
    rows = rows.filter(outcome=outcome) if outcome else rows
    found, following = paging.by_id(rows, cursor, limit)
    return answer({"results": [_request_told(row) for row in found], "next": following})


@router.post("/{slug:name}/test", response={200: StagesOut, **declared(*OF_BODY, 404)}, summary="Test an inbound hook")
def test_hook(request: HttpRequest, name: str, asked: TestIn) -> HttpResponse:
    """What each stage makes of a request, given or recorded. Nothing is started, and nothing is written."""
    hook, recorded = _get(_reader(request, VIEW), name), None
    if asked.request is not None:
        recorded = _get(_reader(request, VIEW_REQUEST), name).requests.filter(pk=asked.request).first()
        if recorded is None:
            raise Refused(422, "There is nothing to test.", FieldProblem("/request", "It received no such request."))
    headers, body = (recorded.headers, recorded.body) if recorded else (asked.headers, asked.body)
    stages = inbound.stages(hook, Received(headers, body.encode(errors="replace")), recorded)
    return answer({"stages": [_stage_told(stage) for stage in stages]})


# ---- what they share


def _reader(request: HttpRequest, permission: str) -> Caller:
    """Who looks: whoever may manage them needs no further scope. Raises Forbidden."""
    return bound_caller(request, permission, serves=hooks.MANAGE)


def _starter(request: HttpRequest) -> Caller:
    """Who decides what a hook starts, or with which secret, and so may start it anyway. Raises Forbidden."""
    by = bound_caller(request, hooks.MANAGE)
    bound_caller(request, hooks.SUBMIT)
    return by


def _get(by: Caller, name: str) -> InboundHook:
    rows = by.within(inbound_log.hooks())
    found = rows.filter(slug=name).first()
    if found is None:
        raise Refused(404, "There is no such inbound hook.")
    return found


def _put(by: Caller, hook: InboundHook, given: dict[str, Any]) -> None:
    """Set what is given. Raises OutOfBounds, Refused with all that is wrong where something there is not is named."""
    unknown: dict[str, FieldProblem] = {}
    for field in hooks.FIELDS:
        if field in given:
            setattr(hook, field, given[field])
    hook.title = hook.title or hook.slug
    if "workflow" in given:
        by.require(workflow=given["workflow"])
        if found := Workflow.objects.filter(name=given["workflow"]).first():
            hook.workflow = found
        else:
            unknown["workflow"] = FieldProblem("/workflow", "There is no such workflow.")
    if "environment" in given:
        try:
            hook.environment = environments.named(by, given["environment"], "/environment")
        except Refused as none:
            unknown["environment"] = none.errors[0]
    if unknown:
        raise _refused([*unknown.values(), *hooks.problems(hook, besides=unknown)])


def _saved(save: Any) -> str | None:
    try:
        secret: str | None = save()
    except NotNow as why:
        raise Refused(409, str(why)) from why
    except Rejected as rejected:
        raise _refused(rejected.problems) from rejected
    return secret


def _refused(problems: Iterable[FieldProblem]) -> Refused:
    told = (FieldProblem(NAMES.get(one.path, one.path), one.message) for one in problems)
    return Refused(422, "The hook was not saved.", *told)


def _told(hook: InboundHook) -> dict[str, Any]:
    return {
        "name": hook.slug,
        "title": hook.title,
        "path": f"/hooks/in/{hook.slug}",
        "workflow": hook.workflow.name,
        "environment": hook.environment.slug,
        "scheme": hook.scheme,
        "header": hook.header or None,
        "prefix": hook.prefix or None,
        "refuses_replays": hook.refuses_replays,
        "conditions": hook.conditions,
        "language": hook.language,
        "mapping": hook.mapping,
        "is_active": hook.is_active,
        "has_two_secrets": hook.has_two_secrets,
        "leaves_open": inbound.leaves_open(hook),
        "created_at": hook.created_at,
        "created_by": hook.created_by.get_username(),
        "is_orphaned": vars(hook)["is_orphaned"],
    }


def _request_told(row: InboundRequest) -> dict[str, Any]:
    return {
        "id": row.pk,
        "received_at": row.received_at,
        "outcome": row.outcome,
        "status": row.status,
        "reason": row.reason or None,
        "transaction": row.transaction_id,
        "duplicate_of": row.duplicate_of_id,
        "address": row.address,
        "headers": row.headers,
        "body": row.body,
        "size": row.size,
        "times": row.times,
    }


def _stage_told(stage: inbound.Stage) -> dict[str, Any]:
    given = JsonText(stage.given) if stage.given and stage.name == "mapping" else None
    status = stage.status if stage.passed is False else None
    return {
        "name": stage.name,
        "passed": stage.passed,
        "is_reached": stage.is_reached,
        "sentence": stage.sentence,
        "status": status,
        "repeats": stage.earlier and stage.earlier.pk,
        "given": given,
    }
