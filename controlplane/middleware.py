"""Who gets past the door: without signing in nothing but what says so itself (sign-in, health)."""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRefresh


class SignInRequired(LoginRequiredMiddleware):
    """Sends who has not signed in to the sign-in page; the API asks for a token and answers 401 by itself."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Let the API through, and whatever is marked as open."""
        if request.path.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """A live part whose session has ended reloads its page, which then leads to the sign-in page."""
        if getattr(request, "htmx", False):
            return HttpResponseClientRefresh()
        return super().handle_no_permission(request, view_func)
