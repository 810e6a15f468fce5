"""Which environment a request looks at: the one its page was made for, else the one its session chose last.

A session is shared by all tabs, so what is sent from one of them names the environment that its page showed.
"""

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from django.http import HttpRequest

from workflows.models import Environment

KEY = "environment"
FIRST = "default"
PARAM = "environment"  # in the address of a page
SEEN = "environment-seen"  # in every form, beside its token
HEADER = "X-Environment-Seen"  # with whatever a page asks for by itself


def environments(request: HttpRequest) -> list[Environment]:
    """All environments, the default one first; read once a request."""
    if not hasattr(request, "_environments"):
        found = sorted(Environment.objects.all(), key=lambda environment: environment.slug != FIRST)
        request._environments = found  # type: ignore[attr-defined]
    known: list[Environment] = request._environments  # type: ignore[attr-defined]
    return known


def environment(request: HttpRequest) -> Environment | None:
    """The environment this request looks at; None when there is none at all, or the one its page showed is gone."""
    if (shown := getattr(request, "_shown", None)) is not None:
        return shown  # type: ignore[no-any-return]
    known = {one.slug: one for one in environments(request)}
    if seen := request.POST.get(SEEN) or request.headers.get(HEADER):
        return known.get(seen)
    asked = known.get(request.GET.get(PARAM, ""))
    return asked or known.get(request.session.get(KEY, "")) or next(iter(known.values()), None)


def keep(request: HttpRequest, address: str) -> str:
    """`address`, naming the environment that the page showed where the session looks at another by now."""
    seen, known = request.POST.get(SEEN), [one.slug for one in environments(request)]
    to = urlsplit(address)
    if seen not in known or seen == _chosen(request, known) or to.netloc or PARAM in parse_qs(to.query):
        return address
    query = urlencode([*parse_qsl(to.query, keep_blank_values=True), (PARAM, seen)])
    return to._replace(query=query).geturl()


def _chosen(request: HttpRequest, known: list[str]) -> str:
    chosen = request.session.get(KEY, "")
    return chosen if chosen in known else known[0]


def show(request: HttpRequest, environment: Environment) -> None:
    """Let the page be one of `environment`, whatever the session looks at: what it is about lies there."""
    request._shown = environment  # type: ignore[attr-defined]


def is_shown(request: HttpRequest) -> bool:
    """Whether the page is one of what lies in an environment, and would be the same in another."""
    return hasattr(request, "_shown")


def is_chosen(request: HttpRequest) -> bool:
    """Whether the page is of the environment that the session looks at, and not of one that its address names."""
    return not is_shown(request) and PARAM not in request.GET


def choose(request: HttpRequest, slug: str) -> None:
    """Look at the environment `slug` from now on; one that does not exist changes nothing."""
    if any(one.slug == slug for one in environments(request)):
        request.session[KEY] = slug
