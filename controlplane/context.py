"""What every page's frame shows: the environment, the rail, how fresh it all is."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

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
    items = (*RAIL, ADMIN) if user.is_staff else RAIL
    environment = sessions.environment(request)
    return {
        "rail": [RailItem(label, icon, href, _is_current(request.path, href)) for label, icon, href in items],
        "environment": environment,
        # The admin has a frame of its own, which does not ask.
        "freshness": SimpleLazyObject(lambda: freshness.read(environment)),
        "environments": sessions.environments(request),
    }


def _is_current(path: str, href: str) -> bool:
    return path == href if href == "/" else path.startswith(href)
