"""Who may do what: permission checks every service starts with, and the making of API tokens."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
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


def require_rank(by: User | None, person: User | None) -> None:
    """Pass unless `person` is a superuser and `by` is none: what they may do is not for others to take.

    Raises Forbidden.
    """
    if person is not None and person.is_superuser and by is not None and not by.is_superuser:
        raise Forbidden("superuser")


def issue_token(
    user: User,
    name: str,
    *,
    by: User | None,
    expires_at: datetime | None = None,
    scopes: Iterable[str] = (),
) -> tuple[Token, str]:
    """Make an API token; the secret returned beside the row is not kept and not shown again. Raises Forbidden."""
    if by != user:
        require(by, "workflows.add_token")
        require_rank(by, user)
    secret, scopes = f"sbx_{secrets.token_urlsafe(32)}", sorted(scopes)
    with transaction.atomic():
        token = Token.objects.create(
            user=user, name=name, prefix=secret[:8], digest=_digest(secret), expires_at=expires_at, scopes=scopes
        )
        made = {"user": user.get_username(), "name": name, "scopes": scopes}
        activity.record("token.issue", token, by=by, after=made)
    return token, secret


def revoke_token(token: Token, *, by: User | None) -> bool:
    """From now on nobody gets in with `token`; False when it was revoked before. Raises Forbidden."""
    if by != token.user:
        require(by, "workflows.change_token")
        require_rank(by, token.user)
    now = timezone.now()
    with transaction.atomic():
        if not Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
            return False
        activity.record("token.revoke", token, by=by, after={"revoked_at": now.isoformat()})
    return True


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
