"""Writing a workflow: a new one, or a further revision of one; what is typed is checked while it is typed."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from workflows import asl, trials
from workflows.forms.workflows import WorkflowForm, blank, of_revision
from workflows.models import Workflow, WorkflowRevision
from workflows.packaging import WorkflowDefinition
from workflows.services import definitions
from workflows.services.access import Forbidden
from workflows.services.definitions import Base
from workflows.views import revisions

MAY_EDIT = "workflows.add_workflowrevision"
BESIDE = (("input_schema", "Input schema"), ("keys", "Business keys"))


def new_workflow(request: HttpRequest) -> HttpResponse:
    """Write a workflow that does not exist yet."""
    _require(request)
    if request.method != "POST":
        return _page(request, WorkflowForm(initial=blank()), None)
    return _act(request, WorkflowForm(request.POST), None)


def edit_workflow(request: HttpRequest, name: str) -> HttpResponse:
    """Write a further revision, beginning from one there is."""
    _require(request)
    workflow = get_object_or_404(Workflow, name=name)
    if refused := revisions.refuse_read_only(request, workflow):
        return refused
    if request.method != "POST":
        start = _start(request, workflow)
        initial = of_revision(start, revisions.named(workflow.revisions.all(), None).number)
        return _page(request, WorkflowForm(workflow=workflow, initial=initial), workflow)
    return _act(request, WorkflowForm(request.POST, workflow=workflow), workflow)


def _start(request: HttpRequest, workflow: Workflow) -> WorkflowRevision:
    return revisions.named(workflow.revisions.all(), request.GET.get("revision"))


@require_POST
def check_workflow(request: HttpRequest) -> HttpResponse:
    """What can be said of what is typed so far: the page asks while it is typed."""
    _require(request)
    form = WorkflowForm(request.POST, workflow=Workflow())
    return render(request, "workflows/_checked.html", _checked(request.POST.dict(), form))


def _act(request: HttpRequest, form: WorkflowForm, workflow: Workflow | None) -> HttpResponse:
    """Save, or only check, as the button pressed says."""
    if request.POST.get("action") == "check" or not form.is_valid():
        return _page(request, form, workflow, status=200 if request.POST.get("action") == "check" else 422)
    if revisions.was_overtaken(form, workflow):
        return _page(request, form, workflow, status=409)
    name = workflow.name if workflow else form.cleaned_data["name"]
    try:
        definition, base = _begun(form, name, workflow)
        by = revisions.person(request)
        saved = definitions.save_workflow(definition, by=by, note=form.cleaned_data["note"], base=base)
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except definitions.NotSaved as refused:
        form.add_error(None, str(refused))
        return _page(request, form, workflow, status=422)
    except definitions.Overtaken as overtaken:
        form.add_error("title", f"{overtaken} Saving again calls it “{definition.title}”.")
        form.data = {name: form.data[name] for name in form.data} | {"base_title": overtaken.title}
        return _page(request, form, workflow, status=409)
    began = form.cleaned_data["base"]
    revisions.tell_saved(request, saved.revision.number, saved.is_new, began, is_renamed=saved.is_renamed)
    if saved.revision.has_errors:
        messages.warning(request, f"{_refused_for(saved.revision)} Mend it before it is deployed.")
    return redirect(f"{reverse('workflows:workflow', args=[name])}?revision={saved.revision.number}")


def _refused_for(revision: WorkflowRevision) -> str:
    """For how many errors, what may only follow from them counted apart."""
    causes, consequences = asl.parted(revision.problems)
    errors, states = sum(problem["severity"] == "error" for problem in causes), len(consequences)
    said = f"AWS would refuse it for {errors} error{'' if errors == 1 else 's'}"
    if not states:
        return f"{said}."
    return f"{said}; {states} state{' is' if states == 1 else 's are'} not reached, perhaps because of that."


def _begun(form: WorkflowForm, name: str, workflow: Workflow | None) -> tuple[WorkflowDefinition, Base]:
    """What was typed, and the title it was typed over: one that nobody touched here stays what it is by now."""
    definition, title = form.definition_of(name), form.cleaned_data["base_title"]
    if workflow is None or definition.title != title:
        return definition, Base(title=title or None)
    return replace(definition, title=workflow.title), Base(title=workflow.title)


def _page(request: HttpRequest, form: WorkflowForm, workflow: Workflow | None, status: int = 200) -> HttpResponse:
    typed = request.POST.dict() if form.is_bound else dict(form.initial)
    begun = revisions.begun(request, _start(request, workflow)) if workflow else ""
    shown = {"form": form, "workflow": workflow, "begun": begun} | _checked(typed, form)
    return render(request, "workflows/workflow_editor.html", shown, status=status)


def _checked(typed: dict[str, Any], form: WorkflowForm) -> dict[str, Any]:
    definition, schema = (str(typed.get(name, "")) for name in ("definition", "input_schema"))
    sample, results = (str(typed.get(name, ""))[: trials.LONGEST_SAMPLE] for name in ("sample", "results"))
    beside = [(label, form.errors[name]) for name, label in BESIDE if form.is_bound and name in form.errors]
    problems = definitions.check(definition, str(typed.get("type", "")))
    causes, consequences = asl.parted(problems)
    return {
        "problems": causes,
        "consequences": consequences,
        "has_errors": any(problem["severity"] == "error" for problem in problems),
        "beside": beside,
        "trial": trials.try_out(definition, sample, results),
        "controls": trials.form_preview(schema),
        "sample": sample,
        "results": results,
    }


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_EDIT):
        raise PermissionDenied(str(Forbidden(MAY_EDIT)))
