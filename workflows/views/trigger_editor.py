"""Giving a function a trigger, changing one and taking one away; each saves a revision and can have it deployed."""

from copy import copy
from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from workflows import plans, selectors, sessions
from workflows.changes import Line
from workflows.forms import triggers as forms
from workflows.forms.triggers import TriggerDraft
from workflows.inputs import InputProblem
from workflows.models import Environment, Function, FunctionRevision, Trigger
from workflows.services import triggers
from workflows.services.access import Forbidden
from workflows.services.definitions import SavedFunction
from workflows.triggers import TITLES, TriggerDefinition, TriggerProblem, read_all
from workflows.views import revisions
from workflows.views.charts import Option


def new_trigger(request: HttpRequest, name: str) -> HttpResponse:
    """Write a trigger; saving it makes a revision, and deploys that if it is asked for."""
    function, type_ = get_object_or_404(Function, name=name), request.GET.get("type", forms.DEFAULT)
    if not request.user.has_perm(triggers.MAY_CHANGE):
        raise PermissionDenied(str(Forbidden(triggers.MAY_CHANGE)))
    if refused := revisions.refuse_read_only(request, function):
        return refused
    if request.method != "POST":
        return _page(request, function, forms.blank(type_))
    draft, start = forms.of_post(type_, request.POST.dict()), _start(request, function)
    told = revisions.begun(request, start)
    try:
        saved = triggers.add(function, draft.given, by=revisions.person(request), start=start)
    except (TriggerProblem, InputProblem) as problem:
        return _page(request, function, replace(draft, problems={problem.path: problem.message}), 422)
    return _saved(request, saved, told)


def edit_trigger(request: HttpRequest, name: str, trigger: str) -> HttpResponse:
    """Write a trigger anew that there is, as `new_trigger` does; its type stays."""
    function = get_object_or_404(Function, name=name)
    if not request.user.has_perm(triggers.MAY_CHANGE):
        raise PermissionDenied(str(Forbidden(triggers.MAY_CHANGE)))
    if refused := revisions.refuse_read_only(request, function):
        return refused
    start = _start(request, function)
    try:
        known = triggers.find(start, trigger)
    except triggers.NoSuchTrigger:
        return _gone(request, function, trigger)
    if request.method != "POST":
        return _page(request, function, forms.of_definition(known), known=known)
    draft, told = forms.of_post(known.type, request.POST.dict()), revisions.begun(request, start)
    try:
        saved = triggers.change(function, trigger, draft.given, by=revisions.person(request), start=start)
    except (TriggerProblem, InputProblem) as problem:
        return _page(request, function, replace(draft, problems={problem.path: problem.message}), 422, known)
    return _saved(request, saved, told)


def remove_trigger(request: HttpRequest, name: str, trigger: str) -> HttpResponse:
    """Ask first, with what else deploying would bring; then save a revision without it, and deploy that if asked to."""
    function = get_object_or_404(Function, name=name)
    if not request.user.has_perm(triggers.MAY_CHANGE):
        raise PermissionDenied(str(Forbidden(triggers.MAY_CHANGE)))
    if refused := revisions.refuse_read_only(request, function):
        return refused
    start = _start(request, function)
    try:
        known = triggers.find(start, trigger)
    except triggers.NoSuchTrigger:
        return _gone(request, function, trigger)
    if request.method != "POST":
        return _removal_page(request, start, known)
    told = revisions.begun(request, start)
    try:
        saved = triggers.remove(function, trigger, by=revisions.person(request), start=start)
    except TriggerProblem as problem:
        return _removal_page(request, start, known, problem.message)
    return _saved(request, saved, told)


def _removal_page(
    request: HttpRequest, start: FunctionRevision, known: TriggerDefinition, refusal: str = ""
) -> HttpResponse:
    environment, function = sessions.environment(request), start.function
    shown = {
        "function": function,
        "known": known,
        "start": start,
        "begun": revisions.begun(request, start),
        "is_set_up": Trigger.objects.filter(environment=environment, function=function, key=known.key).exists(),
        "plan": _plan_without(start, known, environment) if environment else (),
        "refusal": refusal,
        "may_deploy": request.user.has_perm("workflows.deploy"),
    }
    return render(request, "workflows/remove_trigger.html", shown, status=422 if refusal else 200)


def _plan_without(start: FunctionRevision, gone: TriggerDefinition, environment: Environment) -> tuple[Line, ...]:
    """What deploying would do, if the revision that is begun with had this trigger no more."""
    left = copy(start)  # shown, never saved
    left.triggers = [one.as_dict() for one in read_all(start.triggers) if one.key != gone.key]
    live = selectors.of(start.function, environment).filter(is_live=True).first()
    return plans.plan(left, live, environment)


def _gone(request: HttpRequest, function: Function, trigger: str) -> HttpResponse:
    """Somebody changed or removed it since its page was opened. What was typed may be saved as one of its own."""
    rows = function.revisions.defer("package").order_by("-number")
    was = next((one for revision in rows if (one := _had(revision, trigger))), None)
    if was is None:
        raise Http404
    if "/" not in "".join(request.POST):
        messages.warning(request, f"{was.title} is no trigger of {function} any more: somebody changed or removed it.")
        return redirect(f"{reverse('workflows:function', args=[function.name])}#triggers")
    draft = forms.of_post(was.type, request.POST.dict())
    said = f"Somebody changed or removed {was.title} meanwhile. What you typed would be a trigger of its own."
    return _page(request, function, replace(draft, problems={"": said}), 409)


def _had(revision: FunctionRevision, trigger: str) -> TriggerDefinition | None:
    try:
        return triggers.find(revision, trigger)
    except triggers.NoSuchTrigger:
        return None


def _start(request: HttpRequest, function: Function) -> FunctionRevision:
    return selectors.start_of(function, sessions.environment(request))


def _saved(request: HttpRequest, saved: SavedFunction, told: str) -> HttpResponse:
    revision = saved.revision
    if saved.is_new:
        messages.success(request, f"Saved as r{revision.number}: {revision.note or 'its triggers changed'}.")
    else:
        messages.info(request, f"Nothing is different from r{revision.number}, so no revision was made.")
    if told:
        messages.warning(request, told)
    if request.POST.get("action") == "deploy":
        revisions.deploy(request, revision)
    return redirect(
        f"{reverse('workflows:function', args=[revision.function.name])}?revision={revision.number}#triggers"
    )


def _page(
    request: HttpRequest,
    function: Function,
    draft: TriggerDraft,
    status: int = 200,
    known: TriggerDefinition | None = None,
) -> HttpResponse:
    href = reverse("workflows:new-trigger", args=[function.name])
    shown = {
        "function": function,
        "trigger": draft,
        "begun": revisions.begun(request, _start(request, function)),
        "title": TITLES[draft.type],
        "known": known,
        "action": "" if known else f"{href}?type={draft.type}",
        "kinds": []
        if known
        else [Option(title, f"{href}?type={name}", name == draft.type) for name, title in TITLES.items()],
        "may_deploy": request.user.has_perm("workflows.deploy"),
    }
    return render(request, "workflows/new_trigger.html", shown, status=status)
