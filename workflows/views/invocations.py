"""Testing a function: a payload to invoke it with, what came of it, and what was tried before."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from workflows import invocations as reads
from workflows import sessions
from workflows.invocations import Shown
from workflows.models import Function, Invocation, Payload
from workflows.services import invocations
from workflows.services.access import Forbidden
from workflows.services.invocations import Asked, NotInvocable
from workflows.views import function_tabs, revisions

EMPTY = "{}"
CHANGED = "invocation-changed"
MAY_INVOKE = "workflows.invoke"


@require_http_methods(["GET", "HEAD", "POST"])
def test_function(request: HttpRequest, name: str) -> HttpResponse:
    """The form, the invocation that is looked at, and the last ones; or what is asked for is done."""
    function = get_object_or_404(Function, name=name)
    if request.method == "POST":
        return _act(request, function)
    row, known = _named(request, function), reads.payloads(function)
    if row is not None:
        sessions.show(request, row.environment)
    return _page(request, function, row, _draft(request, function, row, known), known)


@require_safe
def invocation(request: HttpRequest, pk: int) -> HttpResponse:
    """Where an invocation is looked at."""
    return redirect(_address(_invocation(pk)))


@require_safe
def payload(request: HttpRequest, pk: int) -> HttpResponse:
    """Where one is invoked with a kept payload."""
    kept = get_object_or_404(Payload.objects.select_related("function"), pk=pk)
    return redirect(f"{reverse('workflows:test-function', args=[kept.function.name])}?payload={kept.pk}")


@require_safe
def invocation_live(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of it, if the page does not say so already."""
    shown = Shown(_invocation(pk))
    if request.GET.get("version") == shown.version:
        return HttpResponse(status=204)
    answer = render(request, "workflows/_invocation.html", {"shown": shown, "may_invoke": _may(request)})
    was, _, _ = request.GET.get("version", "").partition(".")
    return answer if was == shown.row.status else trigger_client_event(answer, CHANGED)


@require_POST
def leave_invocation(request: HttpRequest, pk: int) -> HttpResponse:
    """Wait no longer."""
    row = _invocation(pk)
    try:
        invocations.stop_waiting(row, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    return redirect(_address(row))


@require_POST
def delete_payload(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a payload."""
    payload = get_object_or_404(Payload.objects.select_related("function"), pk=pk)
    try:
        invocations.delete_payload(payload, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    messages.success(request, f"The payload “{payload.name}” is deleted.")
    return redirect("workflows:test-function", name=payload.function.name)


@require_POST
def choose_smoke_test(request: HttpRequest, name: str) -> HttpResponse:
    """Have each version answer a kept payload before the alias leads to it, or no more."""
    function = get_object_or_404(Function, name=name)
    chosen = request.POST.get("payload", "")
    payload = get_object_or_404(Payload, function=function, pk=chosen) if chosen.isdecimal() else None
    try:
        invocations.choose_smoke_test(function, payload, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    said = (
        f"From now on a version must answer “{payload.name}” first." if payload else "There is no smoke test any more."
    )
    messages.success(request, said)
    return redirect(f"{reverse('workflows:test-function', args=[name])}{f'?payload={payload.pk}' if payload else ''}")


def _act(request: HttpRequest, function: Function) -> HttpResponse:
    """Invoke, or keep the payload, whichever button was pressed."""
    draft, by = request.POST, revisions.person(request)
    text = draft.get("payload", "")
    environment = sessions.environment(request)
    if environment is None:
        raise Http404
    try:
        if draft.get("action") == "save":
            payload = invocations.save_payload(function, draft.get("name", ""), text, by=by)
            messages.success(request, f"Kept as payload “{payload.name}”.")
            return redirect(f"{reverse('workflows:test-function', args=[function.name])}?payload={payload.pk}")
        asked = Asked(text, draft.get("type", Invocation.Type.REQUEST_RESPONSE))
        return redirect(_address(invocations.request(function, environment, asked, by=by)))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except NotInvocable as refused:
        given = {
            "payload": text,
            "is_as_typed": True,
            "type": draft.get("type"),
            "name": draft.get("name"),
            "problem": str(refused),
        }
        return _page(request, function, None, given, reads.payloads(function), status=422)


def _page(
    request: HttpRequest,
    function: Function,
    row: Invocation | None,
    draft: Mapping[str, Any],
    known: list[Payload],
    status: int = 200,
) -> HttpResponse:
    shown = {
        "draft": draft,
        "shown": Shown(row) if row else None,
        "payloads": known,
        "history": [Shown(one) for one in reads.history(function, sessions.environment(request))],
        "types": Invocation.Type.choices,
        "may_invoke": _may(request),
        "needed": "" if _may(request) else str(Forbidden(MAY_INVOKE)),
        "may_deploy": request.user.has_perm("workflows.deploy"),
    }
    framed = function_tabs.frame(request, function, "test")
    return render(request, "workflows/function_test.html", framed | shown, status=status)


def _draft(request: HttpRequest, function: Function, row: Invocation | None, known: list[Payload]) -> dict[str, Any]:
    """What the form begins with: a kept payload, that of the invocation looked at, else the first that is kept."""
    wanted = request.GET.get("payload", "")
    if wanted.isdecimal() and len(wanted) < 16:
        return _kept(get_object_or_404(Payload, function=function, pk=int(wanted)))
    if row is not None:
        return {"payload": row.payload, "type": row.type}
    if known:
        return _kept(known[0])
    return {"payload": EMPTY, "type": Invocation.Type.REQUEST_RESPONSE}


def _kept(payload: Payload) -> dict[str, Any]:
    begin = {"payload": payload.text, "name": payload.name, "kept": payload}
    return {**begin, "type": Invocation.Type.REQUEST_RESPONSE}


def _named(request: HttpRequest, function: Function) -> Invocation | None:
    wanted = request.GET.get("invocation", "")
    if not wanted:
        return None
    row = reads.find(int(wanted)) if wanted.isdecimal() and len(wanted) < 16 else None
    if row is None or row.function_id != function.pk:
        raise Http404
    return row


def _invocation(pk: int) -> Invocation:
    found = reads.find(pk)
    if found is None:
        raise Http404
    return found


def _address(row: Invocation) -> str:
    return f"{reverse('workflows:test-function', args=[row.function.name])}?invocation={row.pk}#invocation"


def _may(request: HttpRequest) -> bool:
    return request.user.has_perm(MAY_INVOKE)
