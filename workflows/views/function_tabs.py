"""What the pages of one function share: its head, and the tabs that lead from one to the other."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from workflows import selectors, sessions
from workflows.models import Deployment, Environment, Function, FunctionRevision
from workflows.services import imports, removals

TABS = (
    ("code", "Code", "workflows:function"),
    ("test", "Test", "workflows:test-function"),
    ("log", "Log", "workflows:function-log"),
    ("cost", "Cost", "workflows:function-cost"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One page about a function."""

    label: str
    href: str
    is_current: bool


def frame(request: HttpRequest, function: Function, current: str) -> dict[str, Any]:
    """The head and the tabs of `function`, of which `current` is shown."""
    rows = Deployment.objects.select_related("function_revision").defer("function_revision__package")
    environment = sessions.environment(request)
    live = rows.filter(function=function, environment=environment, is_live=True).first()
    may_edit = request.user.has_perm("workflows.add_functionrevision")
    return {
        "function": function,
        "live": live,
        "may_restore": may_edit and function.deleted_at is not None,
        "may_delete": request.user.has_perm(removals.MAY_REMOVE) and function.deleted_at is None,
        "drift": selectors.drift_of(function, environment) if live else None,
        "run_by": run_by(environment, live.function_revision if live else None),
        "tabs": [Tab(label, reverse(view, args=[function.name]), name == current) for name, label, view in TABS],
        "may_edit": may_edit and function.deleted_at is None and not imports.read_only(function),
    }


def run_by(environment: Environment | None, revision: FunctionRevision | None) -> str:
    """What runs a revision there, where that is not what its runtime says."""
    return environment.capabilities.run_by(revision.runtime) if environment and revision else ""
