"""Who may do what: permission checks every service starts with, and the making of API tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from workflows.models import Token, User
from workflows.services import activity

USED_EVERY = timedelta(minutes=1)


class Forbidden(Exception):
    """The person may not do that."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"You need the permission “{permission}” for this. An admin can give it to you.")
        self.permission = permission


def require(by: User | None, permission: str) -> None:
    """Pass if `by` has `permission` (as Django writes it: app.codename); None is the installation itself.

    Raises Forbidden.
    """
    if by is not None and not by.has_perm(permission):
        raise Forbidden(permission)


def issue_token(user: User, name: str, *, by: User | None, expires_at: datetime | None = None) -> tuple[Token, str]:
    """Make an API token; the secret returned beside the row is not kept and not shown again."""
    if by != user:
        require(by, "workflows.add_token")
    secret = f"sbx_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(user=user, name=name, prefix=secret[:8], digest=_digest(secret), expires_at=expires_at)
    activity.record("token.issue", token, by=by, after={"user": user.get_username(), "name": name})
    return token, secret


def living_token(secret: str) -> Token | None:
    """The token of this secret with its user, unless expired, revoked or of somebody inactive; else None.

    Notes once a minute that the token is in use.
    """
    now = timezone.now()
    living = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    token = Token.objects.select_related("user").filter(living, digest=_digest(secret), user__is_active=True).first()
    if token and (token.last_used_at is None or token.last_used_at < now - USED_EVERY):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def require_scope(token: Token, permission: str) -> None:
    """Pass if `token` may be used for `permission`; one without scopes may for whatever its user may do.

    Raises Forbidden.
    """
    if token.scopes and permission not in token.scopes:
        raise Forbidden(permission)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
