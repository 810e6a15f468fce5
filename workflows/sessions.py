"""What a signed-in session remembers: the environment being looked at."""

from django.http import HttpRequest

from workflows.models import Environment

KEY = "environment"
FIRST = "default"


def environments(request: HttpRequest) -> list[Environment]:
    """All environments, the default one first; read once a request."""
    if not hasattr(request, "_environments"):
        found = sorted(Environment.objects.all(), key=lambda environment: environment.slug != FIRST)
        request._environments = found  # type: ignore[attr-defined]
    known: list[Environment] = request._environments  # type: ignore[attr-defined]
    return known


def environment(request: HttpRequest) -> Environment | None:
    """The environment this session looks at: the one chosen, else the first; None when there is none at all."""
    known = environments(request)
    chosen = request.session.get(KEY)
    return next((one for one in known if one.slug == chosen), known[0] if known else None)


def choose(request: HttpRequest, slug: str) -> None:
    """Look at the environment `slug` from now on; one that does not exist changes nothing."""
    if any(one.slug == slug for one in environments(request)):
        request.session[KEY] = slug
