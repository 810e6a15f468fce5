"""Pages of workflows: the list, one workflow at one revision, two revisions compared, and asking for a deployment."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from workflows import asl, comparisons, selectors, sessions, trials
from workflows.models import Workflow
from workflows.views import revisions


@require_safe
def workflow_list(request: HttpRequest) -> HttpResponse:
    """Every workflow with what is live of it."""
    entries = selectors.workflows(sessions.environment(request))
    may_edit = request.user.has_perm("workflows.add_workflowrevision")
    return render(request, "workflows/workflow_list.html", {"entries": entries, "may_edit": may_edit})


@require_safe
def workflow_page(request: HttpRequest, name: str) -> HttpResponse:
    """One workflow at one revision: graph, definition, problems, policy, deployments."""
    return _page(request, name, "", "")


@require_POST
def try_workflow(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a workflow with the way an input would take. It is sent, not asked for: addresses stand in logs."""
    sample, results = (request.POST.get(field, "")[: trials.LONGEST_SAMPLE] for field in ("sample", "results"))
    return _page(request, name, sample, results)


def _page(request: HttpRequest, name: str, sample: str, results: str) -> HttpResponse:
    workflow = get_object_or_404(Workflow, name=name)
    revision = revisions.named(workflow.revisions.all(), request.GET.get("revision"))
    if revisions.is_overtaken(request, revision):
        return HttpResponseClientRefresh()
    problems, consequences = asl.parted(revision.problems)
    shown = {
        "workflow": workflow,
        "problems": problems,
        "consequences": consequences,
        "revisions": workflow.revisions.all()[: revisions.SHOWN],
        "trial": trials.try_out(revision.definition, sample, results),
        "sample": sample,
        "results": results,
    }
    said = revisions.shown(request, workflow, revision)
    may_edit = request.user.has_perm("workflows.add_workflowrevision") and not said["read_only"]
    return render(request, "workflows/workflow.html", {**shown, **said, "may_edit": may_edit})


@require_POST
def deploy_workflow(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a revision to be deployed to the environment being looked at."""
    workflow = get_object_or_404(Workflow, name=name)
    revision = revisions.named(workflow.revisions.all(), request.POST.get("revision"))
    page = f"{reverse('workflows:workflow', args=[name])}?revision={revision.number}#deployment"
    return revisions.after_deploying(request, revisions.deploy(request, revision), page)


@require_safe
def compare_workflow(request: HttpRequest, name: str) -> HttpResponse:
    """What changed from one revision to another: definition, input schema, keys."""
    workflow = get_object_or_404(Workflow, name=name)
    before, after = revisions.compared(workflow.revisions.all(), request.GET)
    shown = {
        "crumb": workflow.title,
        "href": reverse("workflows:workflow", args=[name]),
        "list_href": reverse("workflows:workflow-list"),
        "list_title": "Workflows",
        "before": before,
        "after": after,
        "parts": comparisons.of_workflows(before, after),
        "revisions": workflow.revisions.all()[: revisions.SHOWN],
    }
    return render(request, "workflows/compare.html", shown)
