"""What every page's frame shows: the environment, the rail, how fresh it all is."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from controlplane import health
from transactions import freshness
from workflows import sessions


@dataclass(frozen=True, slots=True)
class RailItem:
    """One entry of the rail; it is the current one for every address below its own."""

    label: str
    icon: str
    href: str
    is_current: bool


RAIL = (
    ("Overview", "layout-dashboard", "/"),
    ("Transactions", "transfer", "/transactions/"),
    ("Workflows", "route", "/workflows/"),
    ("Functions", "bolt", "/functions/"),
    ("Hooks", "webhook", "/hooks/"),
    ("Activity", "history", "/activity/"),
)
ADMIN = ("Admin", "settings", "/admin/")


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of base.html; nothing at all for somebody who has not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    items = [
        RailItem(*item, _is_current(request.path, item[2])) for item in ((*RAIL, ADMIN) if user.is_staff else RAIL)
    ]
    environment = sessions.environment(request)
    return {
        "rail": items,
        "environment": environment,
        "elsewhere": _elsewhere(request, items),
        # The admin has a frame of its own, which does not ask.
        "freshness": SimpleLazyObject(lambda: freshness.read(environment)),
        "is_broker_away": SimpleLazyObject(health.is_broker_away),
        "environments": sessions.environments(request),
        "is_environment_chosen": sessions.is_chosen(request),
    }


def _elsewhere(request: HttpRequest, items: list[RailItem]) -> str:
    """Where another environment is looked at: the same page, or the list of what is shown where that lies in one."""
    if sessions.is_shown(request):
        return next((item.href for item in items if item.is_current), "/")
    params = request.GET.copy()
    params.pop(sessions.PARAM, None)
    return f"{request.path}?{params.urlencode()}" if params else request.path


def _is_current(path: str, href: str) -> bool:
    return path == href if href == "/" else path.startswith(href)
