"""Who gets past the door: without signing in, or without any role, nothing but what says so itself."""

from collections.abc import Callable
from datetime import UTC
from io import RawIOBase
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import structlog
from csp.utils import build_policy
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from controlplane import views
from controlplane.sign_in import address_of
from workflows import sessions
from workflows.api.problems import OF_PROGRAMS, problem

# What every role has; the pages show nothing that is for some roles only.
LOOK = "transactions.view_transaction"
OPERATIONS = "/api/"
ADMIN = "/admin/"
# One's own affairs need no role.
OWN = frozenset({"logout", "password", "choose-theme", "who"})


class SignInRequired(LoginRequiredMiddleware):
    """Sends who has not signed in to the sign-in page; the API asks for a token and answers 401 by itself."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Let the API through, and whatever is marked as open."""
        if request.path.startswith(OPERATIONS):
            return None
        answer = super().process_view(request, view_func, view_args, view_kwargs)
        is_open = not getattr(view_func, "login_required", True)
        if answer is None and not is_open and not _has_role(request):
            raise PermissionDenied("You have no role here yet. An admin can give you one.")
        return answer

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """A part tells its page, which knows what is written there. Of what was sent it is told that it was not."""
        if getattr(request, "htmx", False):
            return HttpResponse(status=401, headers={"HX-Trigger": "signed-out"})
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        return redirect(f"{reverse('login')}?{urlencode({'next': _page_of(request), 'undone': ''})}")


def _page_of(request: HttpRequest) -> str:
    """The page that something was sent from: what it was sent to may not be a page."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    return urlsplit(page)._replace(scheme="", netloc="").geturl()


class ContentPolicy:
    """Tells with every answer where a page's parts may come from: the same for all, so it is put in words once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response, self._policy = get_response, build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Put it in a header."""
        answer = self._get_response(request)
        answer.headers["Content-Security-Policy"] = self._policy
        return answer


class RequestId:
    """Tells every answer's request by the id that the log and the record of activity name it by; logs who asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Put it in a header."""
        structlog.contextvars.bind_contextvars(ip=address_of(request))
        request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        answer = self._get_response(request)
        answer.headers["X-Request-ID"] = request_id
        return answer


class SameEnvironment:
    """Has the page that answers what was sent be of the same environment, whatever another tab has chosen by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Name it in the address that the answer leads to, unless choosing one was what was sent."""
        chosen = request.session.get(sessions.KEY)
        answer = self._get_response(request)
        leads = request.method == "POST" and isinstance(answer, HttpResponseRedirectBase)
        if leads and request.session.get(sessions.KEY) == chosen:
            answer.headers["Location"] = sessions.keep(request, answer.headers["Location"])
        return answer


class ViewersZone:
    """Has the admin write and read times in its viewer's zone, as scripts do elsewhere: the zone they have chosen, else
    the one their browser told (page.js), else UTC.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The zone is this request's alone."""
        if not request.path.startswith(ADMIN):
            return self._get_response(request)
        chosen = getattr(request.user, "time_zone", "")
        with timezone.override(_zone(chosen) or _zone(request.COOKIES.get("zone", "")) or UTC):
            return self._get_response(request)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


class MethodProblems:
    """What is refused without asking our handlers, a method that an address does not know: as a problem, or a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Put it in place of plain text or of nothing; the methods that are allowed stay in their header."""
        answer = self._get_response(request)
        if answer.status_code != 405:
            return answer
        allowed = answer.headers.get("Allow", "")
        if request.path.startswith(OF_PROGRAMS):
            return problem(405, f"{request.method} is not done here.", Allow=allowed)
        page = views.method_not_allowed(request)
        page.headers["Allow"] = allowed
        return page


class Unmeasured:
    """Lets programs send a body in pieces (`Transfer-Encoding: chunked`), of which Django would read nothing.

    It is read as one of a known length is, once an operation asks for it and up to what may be in memory; a form, whose
    files go on to disk, wants its length.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Give it a stream to its end, or refuse it."""
        if request.path.startswith(OF_PROGRAMS) and not request.META.get("CONTENT_LENGTH"):
            has_end = request.META.get("wsgi.input_terminated", False)
            is_form = request.path.startswith(OPERATIONS) and request.content_type == "multipart/form-data"
            if (is_form and has_end) or (not has_end and "HTTP_TRANSFER_ENCODING" in request.META):
                return problem(411, "Say how long this body is, in the header Content-Length.")
            if has_end:
                request._stream = ToItsEnd(request.META["wsgi.input"])  # type: ignore[assignment]
        return self._get_response(request)


class ToItsEnd(RawIOBase):
    """A server's stream that knows its own end, whose reads may bring less than was asked for before it."""

    def __init__(self, stream: Any) -> None:
        self._source = stream

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, or all before the end."""
        pieces, left = [], size
        while left and (piece := self._source.read(left) if left > 0 else self._source.read()):
            pieces.append(piece)
            left -= len(piece) if left > 0 else 0
        return b"".join(pieces)


class StraightToApi:
    """Leads who brings a token past what is for people alone: sessions, messages, the guard against forged forms.

    Operations ask for the token themselves. All else, as the description of the API and its session, goes all the way.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Call the operation, as Django does at the end of the way."""
        operation = _operation(request)
        if operation is None:
            return self._get_response(request)
        request.resolver_match = operation
        answer: HttpResponseBase = operation.func(request, *operation.args, **operation.kwargs)
        return answer


def _operation(request: HttpRequest) -> ResolverMatch | None:
    if not request.path_info.startswith(OPERATIONS) or "HTTP_AUTHORIZATION" not in request.META:
        return None
    try:
        found = resolve(request.path_info)
    except Resolver404:
        return None
    # Only what no cookie opens is free of that guard: the operations.
    return found if getattr(found.func, "csrf_exempt", False) else None


def _has_role(request: HttpRequest) -> bool:
    match = request.resolver_match
    return (match is not None and match.view_name in OWN) or request.user.has_perm(LOOK)
