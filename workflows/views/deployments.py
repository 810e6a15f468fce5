"""Pages of deployments: one with its step log, asked for again until it is final; and the live table of one thing's."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from workflows import selectors, sessions
from workflows.models import Deployment, Function, Workflow

CHANGED = "deployments-changed"


@require_safe
def deployment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One deployment with its step log."""
    deployment = _deployment(pk)
    sessions.show(request, deployment.environment)
    shown = {"deployment": deployment, "version": selectors.version(deployment), "back": _back(request, deployment)}
    return render(request, "workflows/deployment.html", shown)


def _back(request: HttpRequest, deployment: Deployment) -> Deployment | None:
    """What rolling it back would bring again: only what is live can be."""
    if not deployment.is_live or not request.user.has_perm("workflows.deploy"):
        return None
    return selectors.in_force_before(deployment)


@require_safe
def deployment_live(request: HttpRequest, pk: int) -> HttpResponse:
    """The step log again, if it is not the one the page has; the page anew where nothing was left of a look."""
    if not Deployment.objects.filter(pk=pk).exists():
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    deployment = _deployment(pk)
    version = selectors.version(deployment)
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    shown = {"deployment": deployment, "version": version, "is_aside": request.GET.get("aside") == "1", "is_part": True}
    if shown["is_aside"]:
        shown |= _head(deployment)
    answer = render(request, "workflows/_deployment.html", shown)
    return trigger_client_event(answer, CHANGED) if deployment.status_now.is_final else answer


def _head(deployment: Deployment) -> dict[str, object]:
    """What the page's head says beside it: what is live follows from the same row as the outcome."""
    thing = deployment.function or deployment.workflow
    assert thing is not None  # noqa: S101 - the check constraint of the model
    rows = selectors.of(thing, deployment.environment).filter(is_live=True)
    return {
        "live": deployment if deployment.is_live else rows.first(),
        "last": deployment,
        "drift": None if deployment.is_live else selectors.drift_of(thing, deployment.environment),
    }


@require_safe
def deployments_live(request: HttpRequest) -> HttpResponse:
    """The newest deployments of `function` or `workflow`, if they are not those the page has; tells the page of it."""
    if name := request.GET.get("function"):
        thing: Function | Workflow = get_object_or_404(Function, name=name)
    else:
        thing = get_object_or_404(Workflow, name=request.GET.get("workflow", ""))
    rows = list(selectors.of(thing, sessions.environment(request))[: selectors.RECENT])
    if request.GET.get("version") == selectors.versions(rows):
        return HttpResponse(status=204)
    shown = {"deployments": rows, "deployments_href": live_address(thing, rows)}
    return trigger_client_event(render(request, "workflows/_deployments.html", shown), CHANGED)


def live_address(thing: Function | Workflow, rows: list[Deployment]) -> str:
    """Where a page that shows these asks whether there are others."""
    kind = "function" if isinstance(thing, Function) else "workflow"
    query = urlencode({kind: thing.name, "version": selectors.versions(rows)})
    return f"{reverse('workflows:deployments-live')}?{query}"


def _deployment(pk: int) -> Deployment:
    found = selectors.deployment(pk)
    if found is None:
        raise Http404
    return found
