"""The page "Import from AWS": what is in the account and not ours, and making one of it a definition here."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from workflows import selectors, sessions
from workflows.models import Environment
from workflows.places import place_of
from workflows.services import imports
from workflows.services.access import Forbidden
from workflows.views import revisions


@dataclass(frozen=True, slots=True)
class Found:
    """Something in AWS as the page offers it: `name` is what it would be called here."""

    kind: str
    arn: str
    name_there: str
    what: str
    owner: str
    name: str
    deployed_as: str
    is_again: bool
    strayed: str  # the name of what it is here, where it was deployed from here and has lost our tag

    @property
    def is_the_same(self) -> bool:
        """Whether a deployment from here would be to this very resource, adopted or not: AWS has it by that name."""
        return self.deployed_as == self.name_there


@require_safe
def import_page(request: HttpRequest) -> HttpResponse:
    """What there is to import, as last listed, and what was imported."""
    environment = sessions.environment(request)
    survey, rows = selectors.survey(environment), selectors.imports(environment)
    version = selectors.survey_version(survey, rows)
    is_part = getattr(request, "htmx", False)
    if is_part and request.GET.get("version") == version:
        return HttpResponse(status=204)
    shown = {
        "survey": survey,
        "found": _found(survey.found, environment) if survey and environment else [],
        "imports": rows,
        "version": version,
        "is_moving": bool(survey and survey.next_read_at) or any(not row.finished_at for row in rows),
        "may_import": request.user.has_perm(imports.MAY_LOOK),
        "install": environment.install if environment else "",
        "needed": str(Forbidden(imports.MAY_LOOK)),
        "templates": selectors.template_imports(),
        "may_adopt": request.user.has_perm(imports.MAY_ADOPT),
    }
    return render(request, f"workflows/{'_' if is_part else ''}import.html", shown)


@require_POST
def look_in_aws(request: HttpRequest) -> HttpResponse:
    """Ask for the account to be listed again."""
    try:
        imports.look(_environment(request), by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    return redirect("workflows:import")


@require_POST
def import_one(request: HttpRequest) -> HttpResponse:
    """Ask for one of what was found to be made a definition."""
    given = {name: request.POST.get(name, "").replace("\0", "").strip() for name in ("arn", "name", "note")}
    wanted = imports.Wanted(**given, adopts=request.POST.get("adopts") == "yes")
    try:
        imports.request(_environment(request), wanted, by=revisions.person(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except imports.NotImportable as refused:
        messages.error(request, str(refused))
    return redirect("workflows:import")


def _environment(request: HttpRequest) -> Environment:
    found = sessions.environment(request)
    if found is None:
        raise Http404
    return found


def _found(listed: list[dict[str, Any]], environment: Environment) -> list[Found]:
    place, known = place_of(environment), imports.imported_as(environment)
    ours = imports.here_already(environment)
    found = []
    for one in listed:
        name = known.get(one["arn"]) or imports.own_name(one["name"], place)
        again = one["arn"] in known
        found.append(
            Found(
                one["kind"],
                one["arn"],
                one["name"],
                one["what"],
                one["owner"],
                name,
                place.name(name),
                again,
                ours.get(one["arn"], ""),
            )
        )
    return found
