"""Pages of functions, workflows, deployments and activity. Thin: reads from selectors, changes through services."""

from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from workflows import policies, selectors, sessions
from workflows.models import Deployment, Function, FunctionRevision, User, Workflow, WorkflowRevision
from workflows.services import deployments
from workflows.services.access import Forbidden

SHOWN = 50
Revision = TypeVar("Revision", FunctionRevision, WorkflowRevision)

# ---- workflows


@require_safe
def workflow_list(request: HttpRequest) -> HttpResponse:
    """Every workflow with what is live of it."""
    entries = selectors.workflows(sessions.environment(request))
    return render(request, "workflows/workflow_list.html", {"entries": entries})


@require_safe
def workflow_page(request: HttpRequest, name: str) -> HttpResponse:
    """One workflow at one revision: definition, problems, policy, deployments."""
    workflow = get_object_or_404(Workflow, name=name)
    revision = _revision(request, workflow.revisions.all())
    shown = {"workflow": workflow, "revision": revision, "revisions": workflow.revisions.all()[:SHOWN]}
    return render(request, "workflows/workflow.html", shown | _deployments(request, workflow, revision))


@require_POST
def deploy_workflow(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a revision to be deployed to the environment being looked at."""
    workflow = get_object_or_404(Workflow, name=name)
    return _deploy(request, _revision(request, workflow.revisions.all()), f"/workflows/{name}")


# ---- functions


@require_safe
def function_list(request: HttpRequest) -> HttpResponse:
    """Every function with what is live of it."""
    entries = selectors.functions(sessions.environment(request))
    return render(request, "workflows/function_list.html", {"entries": entries})


@require_safe
def function_page(request: HttpRequest, name: str) -> HttpResponse:
    """One function at one revision: code, configuration, deployments."""
    function = get_object_or_404(Function, name=name)
    revision = _revision(request, function.revisions.all())
    revisions = function.revisions.defer("package")[:SHOWN]
    shown = {"function": function, "revision": revision, "revisions": revisions, "files": selectors.files(revision)}
    return render(request, "workflows/function.html", shown | _deployments(request, function, revision))


@require_POST
def deploy_function(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a revision to be deployed to the environment being looked at."""
    function = get_object_or_404(Function, name=name)
    return _deploy(request, _revision(request, function.revisions.all()), f"/functions/{name}")


# ---- deployments


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


# ---- activity


@require_safe
def activity_page(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first."""
    before = request.GET.get("before", "")
    rows = selectors.activity(int(before) if before.isdecimal() else None, SHOWN + 1)
    return render(request, "workflows/activity.html", {"rows": rows[:SHOWN], "has_more": len(rows) > SHOWN})


# ---- what they share


def _revision(request: HttpRequest, revisions: "QuerySet[Revision]") -> Revision:
    """The revision the request names by number, else the newest; 404 when there is none."""
    number = request.POST.get("revision") or request.GET.get("revision") or ""
    wanted = revisions.filter(number=int(number)) if number.isdecimal() and len(number) < 10 else revisions
    found = wanted.order_by("-number").first()
    if found is None:
        raise Http404
    return found


def _deployments(
    request: HttpRequest, thing: Function | Workflow, revision: FunctionRevision | WorkflowRevision
) -> dict[str, Any]:
    """What a page says of deployments to the environment being looked at: those that were, and what one would do."""
    environment = sessions.environment(request)
    rows = selectors.of(thing, environment)
    recent, live = list(rows[: selectors.RECENT]), rows.filter(is_live=True).first()
    planned = selectors.planned_policy(revision, environment) if environment else None
    return {
        "deployments": recent,
        "last": recent[0] if recent else None,
        "version": selectors.version(recent[0]) if recent else "",
        "live": live,
        "may_deploy": request.user.has_perm("workflows.deploy"),
        "planned_policy": planned,
        "policy_is_so": bool(live and policies.same(live.policy, planned)),
    }


def _deploy(request: HttpRequest, revision: FunctionRevision | WorkflowRevision, back: str) -> HttpResponse:
    environment = sessions.environment(request)
    if environment is None:
        raise Http404
    assert isinstance(request.user, User)  # noqa: S101 - held by SignInRequired
    try:
        deployments.request(revision, environment, by=request.user)
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except deployments.NotDeployable as refused:
        messages.error(request, str(refused))
    return redirect(f"{back}?revision={revision.number}#deployment")


def _deployment(pk: int) -> Deployment:
    found = selectors.deployment(pk)
    if found is None:
        raise Http404
    return found
