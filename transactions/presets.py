"""Pages and reads of presets: inputs kept under a name. Every change goes through the service."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from transactions.models import Preset
from transactions.services import presets
from transactions.services.submissions import Rejected
from workflows.models import User, Workflow
from workflows.services.access import Forbidden


def of_workflow(workflow: Workflow | None) -> list[Preset]:
    """All of a workflow's, by name."""
    return list(Preset.objects.filter(workflow=workflow)[: presets.MOST])


def chosen(request: HttpRequest, workflow: Workflow | None) -> Preset | None:
    """The one the address names, if it names any."""
    wanted = request.GET.get("preset", "")
    if not wanted:
        return None
    return get_object_or_404(
        Preset, workflow=workflow, pk=int(wanted) if wanted.isdecimal() and len(wanted) < 16 else 0
    )


def ask_name(
    request: HttpRequest, workflow: Workflow, text: str, name: str = "", problems: tuple[str, ...] = ()
) -> HttpResponse:
    """The page that asks under which name an input shall be kept; it leads back to what was typed."""
    way, reference = request.POST.get("way") or request.POST.get("mode", ""), request.POST.get("reference", "")
    shown = {"workflow": workflow, "text": text, "name": name, "problems": problems}
    shown |= {"way": way, "reference": reference}
    return render(request, "transactions/preset.html", shown, status=422 if problems else 200)


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the input sent along, then begin a transaction with it."""
    workflow = get_object_or_404(Workflow, name=request.POST.get("workflow", ""))
    name, text = request.POST.get("name", ""), request.POST.get("input", "")
    try:
        preset = presets.save(workflow, name, text, by=_user(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except Rejected as refused:
        return ask_name(request, workflow, text, name, tuple(problem.message for problem in refused.problems))
    messages.success(request, f"Kept as preset “{preset.name}”.")
    return redirect(_address(preset))


@require_safe
def preset(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a transaction begins with one."""
    return redirect(_address(get_object_or_404(Preset.objects.select_related("workflow"), pk=pk)))


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one, then show the form again."""
    preset = get_object_or_404(Preset.objects.select_related("workflow"), pk=pk)
    try:
        presets.delete(preset, by=_user(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    messages.success(request, f"The preset “{preset.name}” is deleted.")
    return redirect(f"{reverse('transactions:new')}?{urlencode({'workflow': preset.workflow.name})}")


def _address(preset: Preset) -> str:
    return f"{reverse('transactions:new')}?{urlencode({'workflow': preset.workflow.name, 'preset': str(preset.pk)})}"


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - held by SignInRequired
    return request.user
