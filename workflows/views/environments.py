"""Pages of environments: where things run, and how well AWS was last reached there; made and changed by admins."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from workflows import sessions
from workflows.forms.environments import EnvironmentForm
from workflows.models import Environment
from workflows.services import environments
from workflows.services.access import Forbidden
from workflows.views import revisions

MAY_ADD, MAY_CHANGE = "workflows.add_environment", "workflows.change_environment"


@require_safe
def environment_list(request: HttpRequest) -> HttpResponse:
    """Every environment."""
    shown = {
        "entries": sessions.environments(request),
        "may_add": request.user.has_perm(MAY_ADD),
        "may_change": request.user.has_perm(MAY_CHANGE),
    }
    return render(request, "workflows/environment_list.html", shown)


def new_environment(request: HttpRequest) -> HttpResponse:
    """Make one that does not exist yet."""
    _require(request, MAY_ADD)
    start = Environment(region="us-east-1", name_prefix="signalbox-")
    return _edit(request, start)


def edit_environment(request: HttpRequest, name: str) -> HttpResponse:
    """Change one there is."""
    _require(request, MAY_CHANGE)
    return _edit(request, get_object_or_404(Environment, slug=name))


def _edit(request: HttpRequest, row: Environment) -> HttpResponse:
    form = EnvironmentForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid() and _is_kept(request, form):
        messages.success(request, f"{form.instance.title} is kept. Workers use it from their next call on.")
        return redirect("workflows:environment-list")
    known = Environment.objects.filter(pk=row.pk).first()  # as it is, not as it was typed
    shown = {"form": form, "known": known}
    return render(request, "workflows/environment_editor.html", shown, status=422 if form.errors else 200)


def _is_kept(request: HttpRequest, form: EnvironmentForm) -> bool:
    try:
        environments.save(form.instance, by=revisions.person(request))
    except environments.SlugTaken as taken:
        form.add_error("slug", str(taken))
        return False
    return True


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied(str(Forbidden(permission)))
