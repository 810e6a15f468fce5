"""Trying a trigger with one click, and the page that waits for what comes of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from workflows import log_lines, sessions, triggers
from workflows.models import Trigger, TriggerTest
from workflows.services import trigger_tests
from workflows.services.access import Forbidden
from workflows.views import revisions


@require_POST
def test_trigger(request: HttpRequest, name: str, trigger: str) -> HttpResponse:
    """Ask a worker to send something to it."""
    rows = Trigger.objects.filter(environment=sessions.environment(request), function__name=name)
    found = next((row for row in rows.select_related("function") if triggers.read(row.definition).id == trigger), None)
    if found is None:
        raise Http404
    try:
        test = trigger_tests.request(found, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except trigger_tests.NotLive as refused:
        messages.error(request, str(refused))
        return redirect("workflows:function", name)
    return redirect("workflows:trigger-test", test.pk)


@require_safe
def trigger_test_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One test: what was sent, and what came of it."""
    return render(request, "workflows/trigger_test.html", _shown(_test(pk)))


@require_safe
def trigger_test_live(request: HttpRequest, pk: int) -> HttpResponse:
    """The same part again, if it is not the one the page has."""
    test = _test(pk)
    if request.GET.get("version") == test.status:
        return HttpResponse(status=204)
    return render(request, "workflows/_trigger_test.html", _shown(test))


def _shown(test: TriggerTest) -> dict[str, Any]:
    return {"test": test, "requests": log_lines.named(test.answer) if test.trigger.type != "http" else []}


def _test(pk: int) -> TriggerTest:
    return get_object_or_404(TriggerTest.objects.select_related("trigger__function", "requested_by"), pk=pk)
