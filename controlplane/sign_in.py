"""The one door for people: the sign-in page, throttled, and one's own password. The admin has neither of its own."""

from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from workflows.services import people, throttling

log = structlog.get_logger(__name__)
TOO_MANY_REQUESTS = 429


class SignInForm(AuthenticationForm):
    """Name and password; `refused` says how long to wait when there were too many failures."""

    request: HttpRequest
    refused: throttling.TooOften | None = None

    def clean(self) -> dict[str, Any]:
        """Count the try, then look at the password."""
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password"):
            return super().clean()
        address = address_of(self.request)
        try:
            throttling.begin(name, address)
        except throttling.TooOften as refused:
            self.refused = refused
            log.warning("sign_in.throttled", address=address)
            raise self.get_invalid_login_error() from refused
        cleaned = super().clean()
        throttling.succeed(name, address)
        return cleaned


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """The sign-in page."""

    template_name = "controlplane/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again; with 429 and how long to wait, when there were too many failures."""
        answer = super().form_invalid(form)
        if form.refused:
            answer.status_code = TOO_MANY_REQUESTS
            answer["Retry-After"] = str(form.refused.seconds)
        return answer


class ChangePassword(PasswordChangeView):
    """One's own password, by whoever knows the old one."""

    template_name = "controlplane/password.html"
    success_url = reverse_lazy("overview")

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it, on the record."""
        with transaction.atomic():
            answer = super().form_valid(form)
            people.note_password(form.user, by=form.user)
        messages.success(self.request, "Your password was changed.")
        return answer


def who(request: HttpRequest) -> JsonResponse:
    """Who is signed in: a page asks before it sends what was written on it."""
    return JsonResponse({"person": request.user.get_username()})


@login_not_required
def for_admin(request: HttpRequest) -> HttpResponse:
    """Where the admin sends who may not enter it: to the sign-in page, or away."""
    if request.user.is_authenticated:
        raise PermissionDenied("The admin is open to staff only. An admin can make you one, as the role admin does.")
    return redirect_to_login(request.GET.get("next", "/admin/"))


def address_of(request: HttpRequest) -> str:
    """Whose request it is: the nearest address no proxy of ours stands behind."""
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    proxies: int = settings.PROXIES
    if proxies and len(told) >= proxies and told[-proxies].strip():
        return str(told[-proxies].strip())[:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]
