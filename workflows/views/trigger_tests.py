"""Trying a trigger with one click, and the page that waits for what comes of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from workflows import log_lines, sessions, triggers
from workflows.models import Trigger, TriggerTest
from workflows.services import trigger_tests
from workflows.services.access import Forbidden
from workflows.triggers import payloads
from workflows.views import revisions


@require_http_methods(["GET", "HEAD", "POST"])
def test_trigger(request: HttpRequest, name: str, trigger: str) -> HttpResponse:
    """Ask a worker to send something to it; or say first what."""
    rows = Trigger.objects.filter(environment=sessions.environment(request), function__name=name)
    found = next((row for row in rows.select_related("function") if triggers.read(row.definition).id == trigger), None)
    if found is None:
        raise Http404
    if not request.user.has_perm(trigger_tests.MAY_TEST):
        raise PermissionDenied(str(Forbidden(trigger_tests.MAY_TEST)))
    if request.method != "POST":
        return render(request, "workflows/trigger_test.html", _form(found))
    payload = request.POST.get("payload")
    given = payload if payload is None else payload.replace("\r\n", "\n")
    try:
        test = trigger_tests.request(found, given, by=revisions.person(request))
    except trigger_tests.NotSendable as refused:
        shown = _form(found, given, str(refused))
        return render(request, "workflows/trigger_test.html", shown, status=422)
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except trigger_tests.NotLive as refused:
        messages.error(request, str(refused))
        return redirect("workflows:function", name)
    return redirect("workflows:trigger-test", test.pk)


@require_safe
def trigger_test_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One test: what was sent, and what came of it."""
    test = _test(pk)
    may_test = request.user.has_perm(trigger_tests.MAY_TEST)
    form = _form(test.trigger, test.payload) if may_test and test.status_now.is_final else {}
    return render(request, "workflows/trigger_test.html", _shown(test) | form)


@require_safe
def trigger_test_live(request: HttpRequest, pk: int) -> HttpResponse:
    """The same part again, if it is not the one the page has."""
    test = _test(pk)
    if request.GET.get("version") == test.status:
        return HttpResponse(status=204)
    return render(request, "workflows/_trigger_test.html", _shown(test))


def _form(trigger: Trigger, payload: str | None = None, problem: str = "") -> dict[str, Any]:
    """What it is tested with; nothing can be said where it is a clock."""
    definition = triggers.read(trigger.definition)
    draft = {
        "id": definition.id,
        "label": payloads.label(definition),
        "payload": payloads.default(definition) if payload is None else payload,
        "is_query": definition.type == "http" and payloads.has_query(definition),
        "problem": problem,
    }
    return {"trigger": trigger, "title": definition.title, "draft": draft}


def _shown(test: TriggerTest) -> dict[str, Any]:
    title = triggers.read(test.trigger.definition).title
    return {
        "test": test,
        "trigger": test.trigger,
        "title": title,
        "requests": log_lines.named(test.answer) if test.trigger.type != "http" else [],
    }


def _test(pk: int) -> TriggerTest:
    return get_object_or_404(TriggerTest.objects.select_related("trigger__function", "requested_by"), pk=pk)
