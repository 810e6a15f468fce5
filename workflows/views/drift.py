"""Pages of what is in AWS but was not deployed: the list, the live panel of one thing, asking, and accepting."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from workflows import selectors, sessions
from workflows.models import Deployment, Drift, Function, Workflow
from workflows.services import drift
from workflows.services.access import Forbidden
from workflows.views import drift_parts, revisions

RELATED = ("environment", "function", "workflow", "accept_by")


@require_safe
def drift_list(request: HttpRequest) -> HttpResponse:
    """Everything live, what differs first."""
    rows = selectors.drifts(sessions.environment(request))
    rows.sort(key=lambda row: (not row.differs, row.thing.name))
    version = "-".join(row.version for row in rows)
    is_part = getattr(request, "htmx", False)
    if is_part and request.GET.get("version") == version:
        return HttpResponse(status=204)
    shown = {
        "rows": rows,
        "version": version,
        "is_pending": any(row.is_pending for row in rows),
        "checked_at": max((row.checked_at for row in rows if row.checked_at), default=None),
    }
    return render(request, f"workflows/{'_drifts' if is_part else 'drift_list'}.html", shown)


@require_POST
def compare_all(request: HttpRequest) -> HttpResponse:
    """Ask for everything live to be compared now."""
    _ask(request, None)
    return redirect("workflows:drift-list")


@require_POST
def compare_one_function(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for one function to be compared now."""
    return _compare_one(request, get_object_or_404(Function, name=name))


@require_POST
def compare_one_workflow(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for one workflow to be compared now."""
    return _compare_one(request, get_object_or_404(Workflow, name=name))


@require_safe
def drift_live(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel again, if it is not the one the page has."""
    row = _row(pk)
    if request.GET.get("version") == row.version:
        return HttpResponse(status=204)
    live = Deployment.objects.filter(environment=row.environment, function=row.function, workflow=row.workflow)
    live = live.select_related("function_revision", "workflow_revision").defer("function_revision__package")
    shown = drift_parts.of_row(request, row, row.thing) | {"drift_live": live.filter(is_live=True).first()}
    return render(request, "workflows/_drift.html", shown)


@require_POST
def accept_drift(request: HttpRequest, pk: int) -> HttpResponse:
    """Let what is live become a revision."""
    row = _row(pk)
    note, seen = request.POST.get("note", "").replace("\0", ""), request.POST.get("seen", "")
    try:
        drift.accept(row, note, seen=seen, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except drift.NothingToAccept as refused:
        messages.error(request, str(refused))
    return _to(row.thing)


def _compare_one(request: HttpRequest, thing: Function | Workflow) -> HttpResponse:
    _ask(request, thing)
    return _to(thing)


def _ask(request: HttpRequest, thing: Function | Workflow | None) -> None:
    environment = sessions.environment(request)
    if environment is None:
        raise Http404
    try:
        drift.ask(environment, by=revisions.person(request), thing=thing)
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused


def _to(thing: Function | Workflow) -> HttpResponse:
    return redirect("workflows:function" if isinstance(thing, Function) else "workflows:workflow", thing.name)


def _row(pk: int) -> Drift:
    return get_object_or_404(Drift.objects.select_related(*RELATED), pk=pk)
