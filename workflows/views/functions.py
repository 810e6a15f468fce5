"""Pages of functions: the list, one function at one revision, two revisions compared, and asking for a deployment."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from workflows import comparisons, connection_map, connections, selectors, sessions, variables
from workflows.models import Function
from workflows.views import function_tabs, revisions


@require_safe
def function_list(request: HttpRequest) -> HttpResponse:
    """Every function with what is live of it; or those that were deleted."""
    is_of_deleted = request.GET.get("deleted") == "1"
    shown = {
        "entries": selectors.functions(sessions.environment(request), deleted=is_of_deleted),
        "is_of_deleted": is_of_deleted,
        "may_edit": request.user.has_perm("workflows.add_functionrevision"),
    }
    return render(request, "workflows/function_list.html", shown)


@require_safe
def function_page(request: HttpRequest, name: str) -> HttpResponse:
    """One function at one revision: code, configuration, deployments."""
    function = get_object_or_404(Function, name=name)
    revision = revisions.named(function.revisions.all(), request.GET.get("revision"))
    if revisions.is_overtaken(request, revision):
        return HttpResponseClientRefresh()
    environment = sessions.environment(request)
    start = selectors.start_of(function, environment)
    called = connections.by_function(environment, instead=revision)
    found = connection_map.of(environment, called, instead=revision)
    shown = {
        "revisions": function.revisions.defer("package")[: revisions.SHOWN],
        "files": selectors.files(revision),
        "file_count": selectors.file_count(revision),
        "variables": variables.shown(revision.environment, may_reveal=_may_reveal(request)),
        "connections": called.get(name, []),
        "calls": found.calls_of(name),
        "loops": found.loops_of(name),
        "run_by": function_tabs.run_by(environment, revision),
        "start": start,
        "is_begun_with": revision.pk == start.pk,
    }
    framed = function_tabs.frame(request, function, "code")
    return render(request, "workflows/function.html", framed | shown | revisions.shown(request, function, revision))


@require_safe
def function_map(request: HttpRequest) -> HttpResponse:
    """One picture of what calls each function, and of what it may call; the same as text."""
    return render(request, "workflows/map.html", {"map": connection_map.of(sessions.environment(request))})


@require_POST
def deploy_function(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a revision to be deployed to the environment being looked at."""
    function = get_object_or_404(Function, name=name)
    revision = revisions.named(function.revisions.all(), request.POST.get("revision"))
    page = f"{reverse('workflows:function', args=[name])}?revision={revision.number}#deployment"
    return revisions.after_deploying(request, revisions.deploy(request, revision), page)


@require_safe
def compare_function(request: HttpRequest, name: str) -> HttpResponse:
    """What changed from one revision to another: configuration, and file by file."""
    function = get_object_or_404(Function, name=name)
    before, after = revisions.compared(function.revisions.all(), request.GET)
    shown = {
        "crumb": function.name,
        "href": reverse("workflows:function", args=[name]),
        "list_href": reverse("workflows:function-list"),
        "list_title": "Functions",
        "before": before,
        "after": after,
        "parts": comparisons.of_functions(before, after, may_reveal=_may_reveal(request)),
        "revisions": function.revisions.defer("package")[: revisions.SHOWN],
    }
    return render(request, "workflows/compare.html", shown)


def _may_reveal(request: HttpRequest) -> bool:
    return request.user.has_perm("workflows.reveal")
