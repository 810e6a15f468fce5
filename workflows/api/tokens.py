"""The operations on the caller's own tokens. None gives more than the token that asks for it has itself."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from workflows import scopes
from workflows.api import paging
from workflows.api.callers import own_token
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer
from workflows.api.schemas import DAYS, TokenIn, TokenMadeOut, TokenOut, TokenRotationIn, TokensOut
from workflows.inputs import FieldProblem
from workflows.models import Environment, Token, Workflow
from workflows.services import access
from workflows.services.access import BeyondToken, Grant, NotLiving

router = Router(tags=["Tokens"])
VIEW, MAKE, REVOKE = "workflows.view_token", "workflows.add_token", "workflows.change_token"
LARGEST = 2**63 - 1


@router.get("", response={200: TokensOut, **declared(422)}, summary="List your tokens")
def list_tokens(request: HttpRequest, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Those of the caller that are not revoked, newest first; secrets are not kept, so they are not told."""
    asking = own_token(request, VIEW)
    rows = Token.objects.filter(user=asking.user, revoked_at__isnull=True)
    found, following = paging.by_id(rows, cursor, limit)
    return answer({"results": [_told(row) for row in found], "next": following})


@router.post("", response={201: TokenMadeOut, **declared(*OF_BODY, *OF_KEY)}, summary="Make a token")
def make_token(request: HttpRequest, asked: TokenIn, key: OptionalKey = None) -> HttpResponse:
    """One more of the caller's own, within the scopes, bounds and expiry of the token that asks."""
    asking = own_token(request, MAKE)
    _check(asking, asked)
    grant = Grant(tuple(asked.scopes), tuple(asked.workflows), tuple(asked.environments))
    expires_at = timezone.now() + timedelta(days=asked.days) if asked.days else None
    _require_within(asking, grant, expires_at)

    def make() -> HttpResponse:
        row, secret = access.issue_token(
            asking.user,
            asked.name,
            by=asking.user,
            expires_at=expires_at,
            scopes=grant.scopes,
            workflows=grant.workflows,
            environments=grant.environments,
        )
        return answer(_told(row) | {"secret": secret}, 201)

    return _unkept(once(request, key, make))


@router.post(
    "/{int:pk}/rotate", response={201: TokenMadeOut, **declared(*OF_BODY, *OF_KEY, 404)}, summary="Rotate a token"
)
def rotate_token(request: HttpRequest, pk: int, asked: TokenRotationIn, key: OptionalKey = None) -> HttpResponse:
    """Make another like it; the old one goes on for the overlap. 409 when it lets nobody in, or is replaced."""
    asking = own_token(request, MAKE)
    row = _reached(asking, pk)

    def make() -> HttpResponse:
        new, secret = access.rotate_token(row, timedelta(hours=asked.overlap_hours), by=asking.user)
        return answer(_told(new) | {"secret": secret}, 201)

    try:
        return _unkept(once(request, key, make))
    except NotLiving as refused:
        raise Refused(409, str(refused)) from refused


@router.post("/{int:pk}/revoke", response={200: TokenOut, **declared(404)}, summary="Revoke a token")
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """From now on nobody gets in with it; harmless when it was revoked before."""
    asking = own_token(request, REVOKE)
    row = _reached(asking, pk)
    access.revoke_token(row, by=asking.user)
    row.refresh_from_db()
    return answer(_told(row))


def _reached(asking: Token, pk: int) -> Token:
    """One of the caller's own that has no more than the token that asks. Raises Refused, BeyondToken."""
    row = Token.objects.select_related("user").filter(pk=pk, user=asking.user).first() if pk <= LARGEST else None
    if row is None:
        raise Refused(404, "You have no such token.")
    access.require_within(asking, Grant.of(row), row.expires_at)
    return row


def _check(asking: Token, asked: TokenIn) -> None:
    """Names that are not known give nothing, so they are a slip. Raises Refused."""
    known = {
        "scopes": {*scopes.LABELS, *asking.scopes},
        "workflows": set(Workflow.objects.filter(name__in=asked.workflows).values_list("name", flat=True)),
        "environments": set(Environment.objects.filter(slug__in=asked.environments).values_list("slug", flat=True)),
    }
    problems = [
        FieldProblem(f"/{kind}/{at}", "This is not known.")
        for kind, names in known.items()
        for at, name in enumerate(getattr(asked, kind))
        if name not in names
    ]
    if problems:
        raise Refused(422, "The token was not made.", *problems)


def _require_within(asking: Token, grant: Grant, expires_at: datetime | None) -> None:
    """Pass unless the token would have more than the one that asks; each part that is more is named. Raises Refused."""
    try:
        access.require_within(asking, grant, expires_at)
    except BeyondToken as beyond:
        has = {name: f"has these alone: {', '.join(names)}" for name, names in asdict(Grant.of(asking)).items()}
        if asking.expires_at:
            has["days"] = f"ends {asking.expires_at:%Y-%m-%dT%H:%M:%SZ}, and absent this is {DAYS}"
        problems = [FieldProblem(f"/{part}", f"The token that asks {has[part]}.") for part in beyond.parts]
        raise Refused(403, str(beyond), *problems, code=beyond.code) from beyond


def _unkept(made: HttpResponse) -> HttpResponse:
    """A secret is in it, which no cache is to keep."""
    made["Cache-Control"] = "no-store"
    return made


def _told(row: Token) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "workflows": row.workflows,
        "environments": row.environments,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }
