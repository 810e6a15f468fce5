"""Who calls the API: the holder of a token, and nobody by a cookie. What the token is bound to is asked here too."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja.security import HttpBearer

from workflows import rates
from workflows.api.problems import Refused
from workflows.models import Token, User
from workflows.services import access
from workflows.services.access import Forbidden, OutOfBounds, OutOfScope

Rows = TypeVar("Rows", bound="QuerySet[Any]")


class BearerToken(HttpBearer):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """The token, whose holder is the request's user from here on; None lets nobody in. Raises Refused."""
        found = access.living_token(token)
        if found is not None:
            wait = rates.seconds_to_wait(f"token-{found.pk}", settings.API_RATE)
            if wait:
                detail = f"This token may ask {settings.API_RATE} times a second. Wait, then go on."
                raise Refused(429, detail, Retry_After=str(ceil(wait)))
            request.user = found.user
        return found


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and the workflows and environments (by name) their token is bound to; empty: to none.

    With `own`, the token reaches those rows alone whose column of that name is its owner.
    """

    user: User
    workflows: frozenset[str]
    environments: frozenset[str]
    own: str = ""

    def require(self, *, workflow: str | None = None, environment: str | None = None) -> None:
        """Pass if the token reaches both, where they are named. Raises OutOfBounds."""
        if workflow is not None and self.workflows and workflow not in self.workflows:
            raise OutOfBounds("workflows", self.workflows)
        if environment is not None and self.environments and environment not in self.environments:
            raise OutOfBounds("environments", self.environments)

    def require_all_workflows(self) -> None:
        """Pass if the token is not bound to workflows: what is asked for belongs to none. Raises OutOfBounds."""
        if self.workflows:
            raise OutOfBounds("workflows", self.workflows, is_beyond=True)

    def within(self, rows: Rows, of: str = "") -> Rows:
        """Of rows that have a workflow and an environment (or relate to what has: `of`), those the token reaches."""
        if self.workflows:
            rows = rows.filter(**{f"{of}workflow__name__in": self.workflows})
        if self.environments:
            rows = rows.filter(**{f"{of}environment__slug__in": self.environments})
        if self.own:
            rows = rows.filter(**{f"{of}{self.own}": self.user})
        return rows


def bound_caller(request: HttpRequest, permission: str, *, serves: str = "", own: str = "") -> Caller:
    """Who calls, for an operation that minds what a token is bound to; else as `caller`. Raises Forbidden.

    A look that `serves` whoever may do that other thing needs only that one's scope; where what is looked at has a
    column for whose it is (`own`), such a token reaches its owner's. What the owner may is asked all the same.
    """
    token = token_of(request)
    is_scoped = access.has_scope(token, permission)
    if not is_scoped and not (serves and access.has_scope(token, serves)):
        raise OutOfScope(permission)
    access.require(token.user, permission)
    bounds = frozenset(token.workflows), frozenset(token.environments)
    return Caller(token.user, *bounds, own="" if is_scoped else own)


def acting_caller(request: HttpRequest, permission: str, *, looks: str, own: str) -> Caller:
    """Who acts on what has an owner in its column `own`; without the scope to look at others', on their own alone.

    Raises Forbidden.
    """
    by = bound_caller(request, permission)
    return by if access.has_scope(token_of(request), looks) else replace(by, own=own)


def caller(request: HttpRequest, permission: str) -> User:
    """Who calls, if `permission` is theirs and the token may be used for it. Raises Forbidden.

    A token bound to workflows or environments is refused: the operation is about more than those.
    """
    found = bound_caller(request, permission)
    found.require_all_workflows()
    if found.environments:
        raise OutOfBounds("environments", found.environments)
    return found.user


def may(request: HttpRequest, permission: str) -> bool:
    """Whether both the person and the token may."""
    try:
        bound_caller(request, permission)
    except Forbidden:
        return False
    return True


def own_token(request: HttpRequest, permission: str) -> Token:
    """The token that asks, for what everybody with a role may do with their own: its scopes alone are asked.

    Raises Forbidden.
    """
    token = token_of(request)
    access.require_scope(token, permission)
    access.require(token.user, "workflows.view_token")
    return token


def owner(request: HttpRequest) -> User:
    """Whose token it is."""
    return token_of(request).user


def token_of(request: HttpRequest) -> Token:
    """The token that asks."""
    token = request.auth  # type: ignore[attr-defined] # set by ninja to what `authenticate` gave
    assert isinstance(token, Token)  # noqa: S101 - every operation asks for a token
    return token
