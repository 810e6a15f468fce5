"""Who may do what: permission checks every service starts with, and the making of API tokens."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from workflows import permissions, statements
from workflows import scopes as known_scopes
from workflows.models import Token, User
from workflows.services import activity
from workflows.statuses import Role

USED_EVERY = timedelta(minutes=1)


class Forbidden(Exception):
    """The person may not do that. Its code is what programs tell one such refusal from another by."""

    code = "lacks_permission"

    def __init__(self, permission: str) -> None:
        super().__init__(f"For this you need {_what_gives(permission)}. An admin can give it to you.")
        self.permission = permission


def _what_gives(permission: str) -> str:
    """The roles with the permission, as they are arranged now, in words."""
    app, _, codename = permission.partition(".")
    has_it = Group.objects.filter(permissions__codename=codename, permissions__content_type__app_label=app)
    names = set(has_it.values_list("name", flat=True))
    known = [str(role) for role in Role if role in names] + sorted(names - set(Role))
    if not known:
        return f"the permission “{permission}”"
    *others, last = known
    return f"the role {', '.join(others)} or {last}" if others else f"the role {last}"


class OutOfScope(Forbidden):
    """The person may, but not with this token."""

    code = "lacks_scope"

    def __init__(self, permission: str) -> None:
        needed = known_scopes.needed(permission)
        lacks = f"This token lacks the scope “{needed}”."
        wants = f"This takes a token without scopes, or with the scope “{needed}” itself."
        Exception.__init__(self, lacks if needed in known_scopes.LABELS else wants)
        self.permission = permission


class OutOfBounds(Forbidden):
    """The token is for some workflows or environments only, and this is about others."""

    code = "out_of_bounds"

    def __init__(self, kind: str, names: Iterable[str], *, is_beyond: bool = False) -> None:
        said = f"This token is for these {kind} only: {', '.join(sorted(names))}."
        why = f" What is asked for is not of {kind} alone: it takes a token that is bound to none." if is_beyond else ""
        Exception.__init__(self, said + why)


class BeyondToken(Forbidden):
    """A token would be made or changed that has more than the token that asks: `parts` of it, as TokenIn calls them."""

    code = "beyond_token"
    WORDS: Mapping[str, str] = {
        "scopes": "has more scopes",
        "workflows": "is for more workflows",
        "environments": "is for more environments",
        "days": "lasts longer",
    }

    def __init__(self, *parts: str) -> None:
        *others, last = (self.WORDS[part] for part in parts)
        what = f"{', '.join(others)} and {last}" if others else last
        Exception.__init__(self, f"No token makes or changes one that {what} than itself.")
        self.parts = parts


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


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is for: scopes, and names of workflows and environments; empty is whatever its owner may do."""

    scopes: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    @classmethod
    def of(cls, token: Token) -> "Grant":
        """What a token that was made is for."""
        return cls(tuple(token.scopes), tuple(token.workflows), tuple(token.environments))

    def beyond(self, other: "Grant") -> tuple[str, ...]:
        """The parts in which this gives what `other` does not."""
        pairs = ((name, mine, getattr(other, name)) for name, mine in asdict(self).items())
        return tuple(name for name, mine, theirs in pairs if theirs and not (mine and set(mine) <= set(theirs)))


def require_within(token: Token, grant: Grant, expires_at: datetime | None) -> None:
    """Pass unless this is more than `token` has, or lasts longer: nobody gains by asking with it. Raises Forbidden."""
    lasts = token.expires_at is not None and (expires_at is None or expires_at > token.expires_at)
    beyond = (*grant.beyond(Grant.of(token)), *(("days",) if lasts else ()))
    if beyond:
        raise BeyondToken(*beyond)


def issue_token(
    user: User,
    name: str,
    *,
    by: User | None,
    expires_at: datetime | None = None,
    scopes: Iterable[str] = (),
    workflows: Iterable[str] = (),
    environments: Iterable[str] = (),
) -> tuple[Token, str]:
    """Make an API token; the secret returned beside the row is not kept and not shown again. Raises Forbidden."""
    _require_own(user, by, "workflows.add_token")
    grant = Grant(tuple(sorted(scopes)), tuple(sorted(workflows)), tuple(sorted(environments)))
    with transaction.atomic():
        token, secret = _make(user, name, expires_at, grant)
        made = {"user": user.get_username(), "name": name, **asdict(grant)}
        activity.record("token.issue", token, by=by, after=made)
    return token, secret


def rotate_token(token: Token, overlap: timedelta, *, by: User | None) -> tuple[Token, str]:
    """Make a token like this one, which itself goes on for `overlap` more. Raises Forbidden, NotLiving.

    What is being replaced is not replaced again: the second would end with the overlap, as its model does by then.
    """
    _require_own(token.user, by, "workflows.add_token")
    ends_at = timezone.now() + overlap
    with transaction.atomic():
        old = Token.objects.select_for_update().select_related("user").get(pk=token.pk)
        if not old.is_living:
            raise NotLiving("It was revoked or has expired, so there is nothing to rotate. Make a new one instead.")
        if old.replaced_by and old.replaced_by.is_living:
            raise NotLiving(f"It is replaced by {old.replaced_by.prefix}… already: use or revoke that one.")
        until = min(ends_at, old.expires_at) if old.expires_at else ends_at
        new, secret = _make(old.user, old.name, old.expires_at, Grant.of(old))
        Token.objects.filter(pk=old.pk).update(expires_at=until, replaced_by=new)
        after = {"replaced_by": new.prefix, "expires_at": until.isoformat()}
        activity.record("token.rotate", old, by=by, after=after)
    return new, secret


def revoke_token(token: Token, *, by: User | None) -> bool:
    """From now on nobody gets in with `token`; False when it was revoked before. Raises Forbidden."""
    _require_own(token.user, by, "workflows.change_token")
    now = timezone.now()
    with transaction.atomic():
        if not Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
            return False
        activity.record("token.revoke", token, by=by, after={"revoked_at": now.isoformat()})
    return True


def living_token(secret: str) -> Token | None:
    """The token of this secret with its user, unless expired, revoked or of somebody inactive; else None.

    What the user may do now is read with it. Notes once a minute that the token is in use.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    long_ago = connection.ops.adapt_datetimefield_value(timezone.now() - USED_EVERY)
    found = statements.first(_living(), long_ago, _digest(secret), now)
    if found is None:
        return None
    token, is_to_be_noted = _read(found)
    if is_to_be_noted:
        Token.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    return token


@cache
def _living() -> str:
    return f"""
        SELECT token.id, token.scopes, token.workflows, token.environments,
            token.last_used_at IS NULL OR token.last_used_at < %s,
            person.id, person.is_superuser, person.username, person.is_staff,
            {permissions.held_by("person.id")}
        FROM workflows_token AS token JOIN workflows_user AS person ON person.id = token.user_id
        WHERE token.digest = %s AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > %s)
            AND person.is_active
    """  # noqa: S608 - nothing in it is anybody's


def _read(found: tuple[Any, ...]) -> tuple[Token, bool]:
    """The token, and whether its use is to be noted; a column that is not among these is read once it is asked for."""
    pk, scopes, workflows, environments, is_to_be_noted, user, is_superuser, username, is_staff, *held = found
    bounds = {"scopes": scopes, "workflows": workflows, "environments": environments}
    token = statements.known(Token, id=pk, user_id=user, **bounds)
    named = {"is_superuser": is_superuser, "username": username, "is_staff": is_staff, "is_active": True}
    token.user = statements.known(User, id=user, **named)
    permissions.remember(token.user, *held)
    return token, bool(is_to_be_noted)


def require_scope(token: Token, permission: str) -> None:
    """Pass if `token` may be used for `permission`. Raises Forbidden."""
    if not has_scope(token, permission):
        raise OutOfScope(permission)


def has_scope(token: Token, permission: str) -> bool:
    """Whether `token` may be used for `permission`; one without scopes may for whatever its user may do."""
    return not token.scopes or known_scopes.cover(token.scopes, permission)


class NotLiving(Exception):
    """The token is not to be rotated: it was revoked, has expired or is being replaced; its text says which."""


def _require_own(user: User, by: User | None, permission: str) -> None:
    """Everybody may do it with tokens of their own."""
    if by != user:
        require(by, permission)
        require_rank(by, user)


def _make(user: User, name: str, expires_at: datetime | None, grant: Grant) -> tuple[Token, str]:
    secret = f"sbx_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        user=user,
        name=name,
        prefix=secret[:8],
        digest=_digest(secret),
        expires_at=expires_at,
        scopes=list(grant.scopes),
        workflows=list(grant.workflows),
        environments=list(grant.environments),
    )
    return token, secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
