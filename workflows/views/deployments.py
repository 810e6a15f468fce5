"""Pages of deployments: one with its step log, which is asked for again until it is final."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflows import selectors
from workflows.models import Deployment


@require_safe
def deployment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One deployment with its step log."""
    deployment = _deployment(pk)
    return render(
        request, "workflows/deployment.html", {"deployment": deployment, "version": selectors.version(deployment)}
    )


@require_safe
def deployment_live(request: HttpRequest, pk: int) -> HttpResponse:
    """The step log again, if it is not the one the page has."""
    deployment = _deployment(pk)
    version = selectors.version(deployment)
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    return render(request, "workflows/_deployment.html", {"deployment": deployment, "version": version})


def _deployment(pk: int) -> Deployment:
    found = selectors.deployment(pk)
    if found is None:
        raise Http404
    return found
