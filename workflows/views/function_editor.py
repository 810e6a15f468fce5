"""Writing a function: a new one, or a further revision of one: configuration, and files where they are few."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from workflows import beginnings, policies, runtimes, sources, syntax
from workflows.forms import functions as forms
from workflows.forms.functions import FunctionForm
from workflows.models import Function, FunctionRevision
from workflows.packaging import DefinitionProblem
from workflows.services import definitions
from workflows.services.access import Forbidden
from workflows.sources import CodeFile
from workflows.views import revisions

MAY_EDIT = "workflows.add_functionrevision"


def new_function(request: HttpRequest) -> HttpResponse:
    """Write a function that does not exist yet."""
    _require(request)
    if request.method != "POST":
        asked = request.GET.get("runtime", "")
        runtime = asked if runtimes.PATTERN.fullmatch(asked) else beginnings.FIRST
        file = beginnings.of(runtime).file
        initial = forms.blank(runtime, request.GET.get("name", "")[:40])
        return _page(request, FunctionForm(initial=initial), None, [file] if file else [])
    return _save(request, FunctionForm(request.POST, files=request.FILES), None, None)


def edit_function(request: HttpRequest, name: str) -> HttpResponse:
    """Write a further revision, beginning from one there is."""
    _require(request)
    function = get_object_or_404(Function, name=name)
    start = revisions.named(function.revisions.all(), request.GET.get("revision"))
    if refused := revisions.refuse_read_only(request, function):
        return refused
    if request.method == "POST":
        return _save(request, FunctionForm(request.POST, files=request.FILES, start=start), function, start)
    newest = revisions.named(function.revisions.defer("package"), None).number
    initial = forms.of_revision(start, newest, may_reveal=request.user.has_perm("workflows.reveal"))
    files = sources.unpack(bytes(start.package))
    return _page(request, FunctionForm(start=start, initial=initial), function, files, start=start)


@require_POST
def check_function(request: HttpRequest) -> HttpResponse:
    """What is wrong with the code that is typed so far: the page asks while it is typed."""
    _require(request)
    files = {
        f"id_file{at if was else 0}": CodeFile(name.strip(), text.encode())
        for at, (was, name, text) in enumerate(forms.typed_rows(request.POST), 1)
    }
    runtime, handler = (request.POST.get(name, "") for name in ("runtime", "handler"))
    return render(request, "workflows/_checked_code.html", _checked(runtime, handler, files))


def _checked(runtime: str, handler: str, files: Mapping[str, CodeFile]) -> dict[str, Any]:
    """What can be said of the files in fields of these ids."""
    fields = {file.name: field for field, file in files.items()}
    found = syntax.of_files(runtime, handler, [(file.name, file.content) for file in files.values()])
    return {
        "runtime": runtime,
        "is_read": syntax.is_read(runtime),
        "checked_ids": list(files),
        "code_problems": [{"id": fields[problem.path], "problem": problem} for problem in found],
    }


def _save(
    request: HttpRequest, form: FunctionForm, function: Function | None, start: FunctionRevision | None
) -> HttpResponse:
    known = sources.unpack(bytes(start.package)) if start else []
    files = None if known is None else forms.typed_files(request.POST, known)
    if not form.is_valid():
        return _page(request, form, function, files, status=422, start=start)
    if revisions.was_overtaken(form, function):
        return _page(request, form, function, files, status=409, start=start)
    name = function.name if function else form.cleaned_data["name"]
    is_restored = Function.objects.filter(name=name, deleted_at__isnull=False).exists()
    try:
        package = forms.package_of(form.cleaned_data["package"], files, start)
        by = revisions.person(request)
        saved = definitions.save_function(form.definition_of(name), package, by=by, note=form.cleaned_data["note"])
    except DefinitionProblem as problem:
        form.add_error(None, str(problem))
        return _page(request, form, function, files, status=422, start=start)
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    revisions.tell_saved(request, saved.revision.number, saved.is_new, form.cleaned_data["base"])
    if is_restored:
        messages.info(request, f"{name} was deleted here before: it is restored, with the revisions it had.")
    if saved.revision.problems:
        places = ", ".join(f"{one['path']}, line {one['line']}" for one in saved.revision.problems)
        messages.warning(request, f"Python may not read its code, so that each call would fail: see {places}.")
    if wide := policies.wide(saved.revision.permissions):
        messages.warning(request, f"It may do more than it names. {' '.join(wide)}")
    if unknown := policies.unknown_services(saved.revision.permissions):
        messages.warning(request, f"AWS may not take all of its permissions. {' '.join(unknown)}")
    return redirect(f"{reverse('workflows:function', args=[name])}?revision={saved.revision.number}")


def _page(
    request: HttpRequest,
    form: FunctionForm,
    function: Function | None,
    files: list[CodeFile] | None,
    status: int = 200,
    start: FunctionRevision | None = None,
) -> HttpResponse:
    texts = [file for file in files or [] if file.text is not None]
    numbered = {f"id_file{at}": file for at, file in enumerate(texts, 1)}
    runtime, handler = (str(form[name].value() or "") for name in ("runtime", "handler"))
    shown = _checked(runtime, handler, numbered) | {
        "form": form,
        "function": function,
        "begun": revisions.begun(request, start) if start else "",
        "wide": policies.wide(start.permissions) if start else [],
        "texts": texts,
        "binaries": [file for file in files or [] if file.text is None],
        "is_too_large": files is None,
        "runtimes": runtimes.grouped(runtime),
    }
    return render(request, "workflows/function_editor.html", shown, status=status)


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_EDIT):
        raise PermissionDenied(str(Forbidden(MAY_EDIT)))
