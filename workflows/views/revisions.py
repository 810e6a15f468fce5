"""What pages of functions and of workflows share: the revision a request names, its deployments, asking for one."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from workflows import plans, policies, selectors, sessions
from workflows.capabilities import Capability
from workflows.models import (
    Deployment,
    Drift,
    Environment,
    Function,
    FunctionRevision,
    User,
    Workflow,
    WorkflowRevision,
)
from workflows.places import place_of
from workflows.services import deployments, imports
from workflows.services.access import Forbidden
from workflows.views import drift_parts
from workflows.views.deployments import live_address

SHOWN = 50
Revision = TypeVar("Revision", FunctionRevision, WorkflowRevision)


def named(revisions: "QuerySet[Revision]", number: str | None) -> Revision:
    """The revision of this number, else the newest; 404 when there is none."""
    is_number = number is not None and number.isdecimal() and len(number) < 10
    wanted = revisions.filter(number=int(number or 0)) if is_number else revisions
    found = wanted.order_by("-number").first()
    if found is None:
        raise Http404
    return found


def compared(revisions: "QuerySet[Revision]", params: Mapping[str, str]) -> tuple[Revision, Revision]:
    """The two revisions `from` and `to`; the newest, and the one before it, where the address does not say."""
    after = named(revisions, params.get("to"))
    earlier = revisions.filter(number__lt=after.number).order_by("-number").first()
    before = named(revisions, params["from"]) if params.get("from") else earlier or after
    return before, after


def shown(
    request: HttpRequest, thing: Function | Workflow, revision: FunctionRevision | WorkflowRevision
) -> dict[str, Any]:
    """What a page says of a revision in the environment being looked at: what was deployed, and what would be done."""
    environment = sessions.environment(request)
    recent, live = selectors.recent_and_live(thing, environment)
    planned = selectors.planned_policy(revision, environment) if environment else None
    known = drift_parts.shown(request, thing, live)
    return {
        "revision": revision,
        "deployments": recent,
        "deployments_href": live_address(thing, recent),
        "last": recent[0] if recent else None,
        "version": selectors.version(recent[0]) if recent else "",
        "live": live,
        **known,
        "plan": plans.plan(revision, live, environment) if environment else (),
        "shift": selectors.shift(thing, environment) if isinstance(thing, Function) else None,
        "sharing": _sharing(environment, revision, live),
        "may_deploy": request.user.has_perm("workflows.deploy"),
        "needed_to_deploy": "" if request.user.has_perm("workflows.deploy") else str(Forbidden("workflows.deploy")),
        "is_stopped": bool(environment and plans.refused(revision, environment)),
        "read_only": imports.read_only(thing),
        "not_taken_over": selectors.left_by_import(thing, environment),
        "planned_policy": planned,
        "resource_policy": _resource_policy(environment, revision),
        "wildcards": policies.wildcards(planned or {}),
        "unknown_services": _unknown_services(revision),
        "not_allowed": _not_allowed(environment, revision),
        "policy_is_so": _has_rights(known["drift"]) and bool(live and policies.same(live.policy, planned)),
    }


def is_overtaken(request: HttpRequest, revision: FunctionRevision | WorkflowRevision) -> bool:
    """Whether the page that asks for its parts anew shows another revision: then all of it is to come anew."""
    return bool(getattr(request, "htmx", False)) and request.GET.get("shown", "") not in ("", str(revision.number))


def _unknown_services(revision: FunctionRevision | WorkflowRevision) -> list[str]:
    return policies.unknown_services(revision.permissions) if isinstance(revision, FunctionRevision) else []


def _not_allowed(environment: Environment | None, revision: FunctionRevision | WorkflowRevision) -> list[str]:
    if environment is None or isinstance(revision, FunctionRevision) or revision.custom_role_arn:
        return []
    return policies.not_allowed(revision.workflow.name, revision.definition, place_of(environment))


def _has_rights(drift: Drift | None) -> bool:
    """Whether AWS was last seen to have what was deployed of the role; what was read back then may be gone since."""
    return drift is None or not (drift.is_gone or drift.lacks_role or drift.has_other_rights)


def _resource_policy(
    environment: Environment | None, revision: FunctionRevision | WorkflowRevision
) -> dict[str, Any] | None:
    """Who else may invoke a function; None where nobody is to."""
    if environment is None or not isinstance(revision, FunctionRevision):
        return None
    found = plans.resource_policy(revision, environment)
    return found if found["Statement"] else None


def _sharing(
    environment: Environment | None, revision: FunctionRevision | WorkflowRevision, live: Deployment | None
) -> Capability | None:
    """Whether a part of the calls can go to a revision; None where there is nothing to share."""
    is_other = live is not None and not live.is_found and live.revision.pk != revision.pk
    if environment is None or not is_other or not isinstance(revision, FunctionRevision):
        return None
    return environment.capabilities.weighted_aliases


def deploy(request: HttpRequest, revision: FunctionRevision | WorkflowRevision) -> Deployment | None:
    """Ask for a revision to be deployed to the environment being looked at; None where it is refused.

    Who comes second is told who is ahead, and by which deployment.
    """
    environment = sessions.environment(request)
    if environment is None:
        raise Http404
    try:
        given, seen = request.POST.get("share", ""), request.POST.get("seen")
        share = int(given) if given.isdecimal() and len(given) < 4 else None
        deployment = deployments.request(revision, environment, by=person(request), seen=seen, share=share)
        if deployment.requested_by != request.user:
            told = f"{deployment.requested_by or 'Signalbox itself'} asked for the same before you: nothing was added."
            messages.info(request, _with_link(told, deployment))
        return deployment
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except deployments.Overtaken as refused:
        messages.error(request, _with_link(str(refused), refused.by))
        return None
    except deployments.NotDeployable as refused:
        messages.error(request, str(refused))
        return None


def _with_link(told: str, deployment: Deployment | None) -> str:
    """A message that leads to a deployment."""
    if deployment is None:
        return told
    href = reverse("workflows:deployment", args=[deployment.pk])
    return format_html('{} <a href="{}">Deployment {}</a>', told, href, deployment.pk)


def after_deploying(request: HttpRequest, deployment: Deployment | None, page: str) -> HttpResponse:
    """To the new deployment for who came from the page of one; else to `page`, where its steps are shown too."""
    if deployment is not None and request.POST.get("then") == "deployment":
        return redirect("workflows:deployment", deployment.pk)
    # A refusal is told at the top.
    return redirect(page if deployment is not None else page.partition("#")[0])


def begun(request: HttpRequest, start: FunctionRevision | WorkflowRevision) -> str:
    """What to know of the revision a further one begins with, where it is not the newest or not what is live."""
    environment = sessions.environment(request)
    thing = start.function if isinstance(start, FunctionRevision) else start.workflow
    live = selectors.of(thing, environment).filter(is_live=True).first()
    newest = _newest(thing).number
    without = "" if newest == start.number else f"what {_later(start.number, newest)} changed is left out"
    if live is None or (live.revision.number == start.number and not without):
        return f"This begins with r{start.number}: {without}." if without else ""
    if live.revision.number == start.number:
        return f"This begins with r{start.number}, which is live in {environment}; {without}."
    also = f"while r{live.revision.number} is live in {environment}: deploying it brings all that differs."
    return f"This begins with r{start.number}, {also}{f' And {without}.' if without else ''}"


def _later(number: int, newest: int) -> str:
    return f"r{newest}" if newest == number + 1 else f"r{number + 1} to r{newest}"


def refuse_read_only(request: HttpRequest, thing: Function | Workflow) -> HttpResponse | None:
    """Back to the page of what another tool manages, with the reason; None where it may be changed here."""
    refusal = imports.read_only(thing)
    if not refusal:
        return None
    messages.error(request, refusal)
    return redirect("workflows:function" if isinstance(thing, Function) else "workflows:workflow", thing.name)


def person(request: HttpRequest) -> User:
    """Who asks."""
    assert isinstance(request.user, User)  # noqa: S101 - held by SignInRequired
    return request.user


def was_overtaken(form: Form, thing: Function | Workflow | None) -> bool:
    """Whether somebody saved another since `form` was begun: it says so, and a second time what is typed is saved."""
    base = form.cleaned_data["base"]
    newest = _newest(thing) if thing else None
    if not base or newest is None or newest.number <= base:
        return False
    who, number = newest.created_by or "Somebody", newest.number
    also = (
        f"Look at r{number} in another tab; saving again keeps yours as r{number + 1}, without what that one changed."
    )
    form.add_error(None, f"{who} saved r{number} meanwhile. {also}")
    form.data = {name: form.data[name] for name in form.data} | {"base": str(number)}
    return True


def _newest(thing: Function | Workflow) -> FunctionRevision | WorkflowRevision:
    if isinstance(thing, Function):
        return named(thing.revisions.defer("package").select_related("created_by"), None)
    return named(thing.revisions.select_related("created_by"), None)


def tell_saved(request: HttpRequest, number: int, is_new: bool, base: int | None, *, is_renamed: bool = False) -> None:
    """Say what became of what was typed: a new revision, an old one again, or one beside somebody else's."""
    if is_renamed and not is_new:
        messages.success(request, f"The title is changed. Nothing else is different from r{number}.")
    elif not is_new:
        messages.info(request, f"Nothing is different from r{number}, so no revision was made.")
    elif base and number > base + 1:
        messages.warning(request, f"Saved as r{number}. Somebody saved r{number - 1} meanwhile: compare the two.")
    else:
        messages.success(request, f"Saved as r{number}.")
