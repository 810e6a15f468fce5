"""Overview, search, what the menus of the frame do, and what is said when something fails."""

import hashlib
import sys
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path, reverse
from django.utils import timezone
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from controlplane import health
from transactions import delivery_log, filtering, flows, inbound_log, sankey, summaries
from transactions.selectors import KEY
from workflows import ranges, selectors, sessions
from workflows.api import problems
from workflows.encryption import Unreadable
from workflows.services import people

# Seconds after which to ask again while the database is away.
RETRY_S = "5"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What needs somebody now, how the last hour, day or week went, what was deployed; 204 when a page has it."""
    shown = _overview(request)
    is_part = getattr(request, "htmx", False)
    if is_part and request.GET.get("version") == shown["version"]:
        return HttpResponse(status=204)
    return render(request, f"controlplane/{'_' if is_part else ''}overview.html", shown)


def _overview(request: HttpRequest) -> dict[str, Any]:
    environment = sessions.environment(request)
    span = ranges.chosen({"range": request.GET.get("range", "")})
    # On whole minutes, so that the addresses of the lists behind the figures stay the same for a while.
    now = timezone.now().replace(second=0, microsecond=0)
    since = now - span.range.length
    flow = flows.read(environment, since)
    drifts = selectors.count_drifts(environment)
    attention, outcomes = summaries.attention(environment), summaries.outcomes(environment, since)
    recent, deployments = summaries.recent(environment), selectors.recent(environment)
    in_trouble, not_deployed = delivery_log.trouble(), selectors.not_deployed(environment)
    in_vain = inbound_log.in_vain()
    seen = (
        attention,
        outcomes,
        drifts,
        environment and environment.unreachable_since,
        [(one.workflow, one.state, one.next, one.status.value, one.count) for one in flow.streams],
        [(row.pk, row.version) for row in recent],
        selectors.versions(deployments),
        [(hook.pk, hook.status) for hook in in_trouble],
        [hook.pk for hook in in_vain],
        [(row.pk, row.status) for row in not_deployed],
    )
    return {
        "attention": attention,
        "drifts": drifts,
        "outcomes": outcomes,
        "recent": recent,
        "may_begin": bool(recent) or selectors.runs_workflows(environment),
        "deployments": deployments,
        "span": span,
        "ranges": ranges.RANGES,
        "since": since.isoformat(timespec="seconds"),
        "hooks_in_trouble": in_trouble,
        "inbound_in_vain": in_vain,
        "not_deployed": not_deployed,
        "failed_since": (now - summaries.DAY).isoformat(timespec="seconds"),
        "flow": flow,
        "picture": sankey.lay_out(flow),
        # Not the addresses behind the figures: they move on with the minutes.
        "version": hashlib.sha256(repr(seen).encode()).hexdigest()[:12],
    }


@require_safe
def freshness(request: HttpRequest) -> HttpResponse:
    """The line that says how far this is behind AWS."""
    return render(request, "controlplane/_freshness.html")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Go to the one transaction with this as id, reference or business key; where there are more or none, list them.

    `customer_id=c-1` looks at that key alone, where nothing is called so.
    """
    text = request.GET.get("q", "").strip()
    if not text:
        return redirect("transactions:list")
    found = filtering.find(text, sessions.environment(request))
    if len(found) == 1:
        return redirect("transactions:transaction", pk=found[0])
    name, _, value = (part.strip() for part in text.partition("="))
    wanted = {KEY + name: value} if name and value and not found else {filtering.SEARCH: text}
    return redirect(f"{reverse('transactions:list')}?{urlencode(wanted)}")


@require_POST
def choose_environment(request: HttpRequest) -> HttpResponse:
    """Look at another environment."""
    sessions.choose(request, request.POST.get("environment", ""))
    return redirect(_back(request))


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system says."""
    assert request.user.is_authenticated  # noqa: S101 - held by SignInRequired
    people.set_theme(request.user, request.POST.get("theme", ""))
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else "/"


# ---- when something goes wrong


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400; 413 for a form that is larger than any input may be."""
    if isinstance(exception, RequestDataTooBig):
        text = f"At most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes are taken. Go back and send less; "
        text += "nothing was stored."
        return _problem(request, 413, "That was too large", text)
    text = "Something in it could not be read. Go back, check what was typed, and send it again."
    return _problem(request, 400, "That request could not be understood", text)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403; a service's own words say which permission is missing."""
    text = str(exception or "") or "You may not do that. An admin can give you the permission."
    return _problem(request, 403, "Not allowed", text)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was not ours, or is too old."""
    text = "The form was opened before you signed in, or cookies are switched off. Open the page again and repeat it."
    return _problem(
        request, 403, "This form has expired", text, detail=reason, href=request.path, action="Open it again"
    )


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404; what is only written with a slash behind it leads to the page meant."""
    meant = request.path.removesuffix("/")
    is_page = request.method in ("GET", "HEAD") and not request.path.startswith(problems.OF_PROGRAMS)
    if is_page and meant != request.path and is_valid_path(meant):
        query = request.META["QUERY_STRING"]
        return redirect(f"{escape_leading_slashes(meant)}{'?' * bool(query)}{query}")
    text = (
        "It may never have existed, or its id was cut off when it was copied. The search finds it by id or reference."
    )
    return _problem(request, 404, "There is nothing here", text, href="/transactions/", action="All transactions")


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """405 for what is only done by a button, typed as an address; its page is the one above it."""
    above = [parent.as_posix() for parent in PurePosixPath(request.path).parents]
    href = next((page for path in above for page in (path, f"{path}/") if is_valid_path(page)), "/")
    text = "This address does something, and is no page: it is pressed on one."
    return _problem(request, 405, "There is nothing to look at here", text, href=href, action="To the page")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where the database is at fault, which is often over soon."""
    error = sys.exc_info()[1]
    if isinstance(error, Unreadable):
        return _problem(
            request, 500, "A secret cannot be decrypted", f"{error} Everything that does not need it works."
        )
    if isinstance(error, OperationalError | InterfaceError) and request.path == reverse("readyz"):
        return health.readyz(request)  # a session was looked for before it was asked
    if isinstance(error, OperationalError | InterfaceError):
        text = "Try again in a moment: sending the same again does nothing twice. If it stays, tell an admin: "
        text += "the log says what the database answered."
        return _problem(request, 503, "The database does not answer, or has no room to write", text)
    text = "The failure has been written to the log. Try again; if it stays, give an admin the time it happened."
    return _problem(request, 500, "Something went wrong on our side", text)


def _problem(
    request: HttpRequest,
    status: int,
    title: str,
    text: str,
    *,
    detail: str = "",
    href: str = "/",
    action: str = "Overview",
) -> HttpResponse:
    if request.path.startswith(problems.OF_PROGRAMS):
        answer = problems.problem(status, f"{title}.")
        if status == 503:
            answer.headers["Retry-After"] = RETRY_S
        return answer
    said = {"status": status, "title": title, "text": text, "detail": detail, "href": href, "action": action}
    said["frame"] = "alone.html"
    if status < 500:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            said["frame"] = "base.html"  # the rail and the search lead on
        return render(request, "controlplane/problem.html", said, status=status)
    # A failing page asks for nothing more: what failed may be the database, or what pages are made of.
    try:
        return render(None, "controlplane/problem.html", said, status=status)
    except Exception:
        return HttpResponse(f"{title}. {text}\n", status=status, content_type="text/plain; charset=utf-8")
