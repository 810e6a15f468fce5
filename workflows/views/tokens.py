"""A person's own API tokens: issued, rotated, revoked. A secret is shown once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from workflows import scopes
from workflows.handovers import hand_over, render_once
from workflows.models import Environment, Token, Workflow
from workflows.services import access
from workflows.services.access import Forbidden, NotLiving
from workflows.views.revisions import person

SHOWN = 100
PLACE = "tokens"
DAYS = (("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Never"))
OVERLAPS = (("0", "at once"), ("1", "in an hour"), ("24", "in a day"), ("168", "in a week"))


class TokenForm(forms.Form):
    """A token being asked for."""

    name = forms.CharField(max_length=100)
    scopes = forms.MultipleChoiceField(choices=tuple(scopes.LABELS.items()), required=False)
    workflows = forms.MultipleChoiceField(required=False)
    environments = forms.MultipleChoiceField(required=False)
    days = forms.ChoiceField(choices=DAYS, required=False)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        names = Workflow.objects.order_by("name").values_list("name", flat=True)
        self.fields["workflows"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        places = Environment.objects.values_list("slug", "title")
        self.fields["environments"].choices = list(places)  # type: ignore[attr-defined]


def own_tokens(request: HttpRequest) -> HttpResponse:
    """All of one's own; on POST, one more."""
    form = TokenForm(request.POST or None, initial={"days": "90"})
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    said = form.cleaned_data
    user = person(request)
    expires_at = timezone.now() + timedelta(days=int(said["days"])) if said["days"] else None
    _, secret = access.issue_token(
        user,
        said["name"],
        by=user,
        expires_at=expires_at,
        scopes=said["scopes"],
        workflows=said["workflows"],
        environments=said["environments"],
    )
    return _made(request, secret)


@require_POST
def rotate_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Another like it; the old one goes on for the overlap chosen."""
    overlap = request.POST.get("overlap", "0")
    hours = int(overlap) if overlap in dict(OVERLAPS) else 0
    token = _own(request, pk)
    try:
        _, secret = _allowed(lambda: access.rotate_token(token, timedelta(hours=hours), by=person(request)))
    except NotLiving as refused:
        messages.error(request, str(refused))
        return redirect("workflows:tokens")
    return _made(request, secret)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """From now on nobody gets in with it."""
    token = _own(request, pk)
    if _allowed(lambda: access.revoke_token(token, by=person(request))):
        messages.success(request, f"“{token.name}” is revoked.")
    return redirect("workflows:tokens")


def _own(request: HttpRequest, pk: int) -> Token:
    return get_object_or_404(Token.objects.select_related("user"), pk=pk, user=person(request))


def _allowed(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused


def _made(request: HttpRequest, secret: str) -> HttpResponse:
    hand_over(request, PLACE, secret)
    return redirect("workflows:tokens")


def _page(request: HttpRequest, form: TokenForm) -> HttpResponse:
    tokens = Token.objects.filter(user=person(request), revoked_at__isnull=True)[:SHOWN]
    shown = {"tokens": tokens, "form": form, "overlaps": OVERLAPS}
    return render_once(request, "workflows/tokens.html", shown, PLACE, status=422 if form.is_bound else 200)
