"""Deleting a function: what would go and what forbids it, told before it is asked for; and restoring one."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from workflows import removals
from workflows.models import Function
from workflows.services import definitions
from workflows.services import removals as service
from workflows.services.access import Forbidden
from workflows.views import revisions


@require_http_methods(["GET", "HEAD", "POST"])
def delete_function(request: HttpRequest, name: str) -> HttpResponse:
    """Ask first, with all that would go; then ask a worker for it."""
    function = get_object_or_404(Function, name=name)
    if not request.user.has_perm(service.MAY_REMOVE):
        raise PermissionDenied(str(Forbidden(service.MAY_REMOVE)))
    if request.method != "POST":
        return _asking(request, function)
    try:
        asked = service.request(function, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except service.NotRemovable as refused:
        return _asking(request, function, str(refused), status=409)
    if asked:
        if len(asked) > 1:
            messages.info(request, f"It goes from {len(asked)} environments, each by a deletion of its own.")
        return redirect("workflows:deployment", asked[0].pk)
    messages.success(request, f"{function} is deleted. It was in no environment.")
    return redirect("workflows:function-list")


@require_POST
def restore_function(request: HttpRequest, name: str) -> HttpResponse:
    """List it again, deployed nowhere."""
    function = get_object_or_404(Function, name=name)
    try:
        is_restored = definitions.restore(function, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    if is_restored:
        messages.success(request, f"{function} is restored. Deploy it to have it in AWS again.")
    return redirect("workflows:function", name)


def _asking(request: HttpRequest, function: Function, refusal: str = "", status: int = 200) -> HttpResponse:
    shown = {
        "function": function,
        "refusal": refusal,
        "uses": removals.uses(function),
        "under_way": removals.under_way(function).first(),
        "going": removals.plan(function),
    }
    return render(request, "workflows/delete_function.html", shown, status=status)
