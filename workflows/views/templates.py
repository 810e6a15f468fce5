"""Functions and workflows as files: downloading one, and taking one after having seen what it would do."""

from collections.abc import Iterator, Mapping

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from workflows import exchange, exports
from workflows.exchange import Bundle, NotTaken
from workflows.models import Function, TemplateImport, Workflow
from workflows.services import templates
from workflows.services.access import Forbidden
from workflows.views import revisions


@require_safe
def export_function(request: HttpRequest, name: str) -> HttpResponse:
    """One revision with its triggers and code."""
    function = get_object_or_404(Function, name=name)
    revision = revisions.named(function.revisions.all(), request.GET.get("revision"))
    return _download(request, name, exports.of_function(revision, may_reveal=_may_reveal(request)))


@require_safe
def export_workflow(request: HttpRequest, name: str) -> HttpResponse:
    """One revision with the functions that it names."""
    workflow = get_object_or_404(Workflow, name=name)
    revision = revisions.named(workflow.revisions.all(), request.GET.get("revision"))
    return _download(request, name, exports.of_workflow(revision, may_reveal=_may_reveal(request)))


@require_POST
def propose_template(request: HttpRequest) -> HttpResponse:
    """Look at what a file would do here."""
    if not request.user.has_perm(templates.MAY_PROPOSE):
        raise PermissionDenied(str(Forbidden(templates.MAY_PROPOSE)))
    upload, note = request.FILES.get("file"), request.POST.get("note", "").replace("\0", "").strip()
    if upload is None:
        messages.error(request, "Choose a file: a SAM template, or what was exported from a Signalbox.")
        return redirect("workflows:import")
    by, name = revisions.person(request), str(upload.name or "")
    try:
        row = templates.propose(upload.read(exchange.LARGEST + 1), by=by, file_name=name, note=note)
    except NotTaken as problem:
        shown = {"file_name": name, "problems": problem.problems}
        return render(request, "workflows/template_refused.html", shown, status=422)
    return redirect("workflows:template-import", pk=row.pk)


@require_safe
def template_import(request: HttpRequest, pk: int) -> HttpResponse:
    """What taking a file would do, or what was taken of it."""
    row = get_object_or_404(TemplateImport.objects.select_related("created_by"), pk=pk)
    plan = templates.plan(row)
    shown = {
        "row": row,
        "plan": plan,
        "seen": templates.fingerprint(plan),
        "may_take": request.user.has_perm(templates.MAY_PROPOSE),
        "needed": str(Forbidden(templates.MAY_PROPOSE)),
        "is_stopped": any(line.verb == "stop" for line in plan),
        "names": list(_names(row)),
    }
    return render(request, "workflows/template_import.html", shown)


@require_POST
def rename_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Have what is in a file called otherwise here."""
    row = get_object_or_404(TemplateImport, pk=pk)
    names: dict[str, dict[str, str]] = {"functions": {}, "workflows": {}}
    for kind, old, _ in _names(row):
        names[kind][old] = request.POST.get(f"{kind}/{old}", "").replace("\0", "").strip() or old
    try:
        templates.rename(row, names, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except NotTaken as problem:
        messages.error(request, str(problem))
    return redirect("workflows:template-import", pk=pk)


@require_POST
def take_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what a file carries."""
    row = get_object_or_404(TemplateImport, pk=pk)
    try:
        templates.take(row, by=revisions.person(request), seen=request.POST.get("seen", ""))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except NotTaken as problem:
        messages.error(request, str(problem))
    return redirect("workflows:template-import", pk=pk)


def _names(row: TemplateImport) -> Iterator[tuple[str, str, str]]:
    """Kind, name in the file, name here."""
    for kind in ("functions", "workflows"):
        others: Mapping[str, str] = row.names.get(kind, {})
        for one in row.document.get(kind, []):
            yield kind, one["name"], others.get(one["name"], one["name"])


def _download(request: HttpRequest, name: str, bundle: Bundle) -> HttpResponse:
    if request.GET.get("as") == "json":
        content, kind, ending = exchange.to_json(bundle), "application/json", "json"
    else:
        content, kind, ending = exchange.to_sam(bundle), "application/zip", "sam.zip"
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer


def _may_reveal(request: HttpRequest) -> bool:
    return request.user.has_perm("workflows.reveal")
