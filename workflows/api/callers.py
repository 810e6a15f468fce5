"""Who calls the API: the holder of a token, and nobody by a cookie."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from workflows.models import Token, User
from workflows.services import access


class BearerToken(HttpBearer):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """The token, whose holder is the request's user from here on; None lets nobody in."""
        found = access.living_token(token)
        if found is not None:
            request.user = found.user
        return found


def caller(request: HttpRequest, permission: str) -> User:
    """Who calls, if `permission` is theirs and the token may be used for it. Raises Forbidden."""
    token = _token(request)
    access.require(token.user, permission)
    access.require_scope(token, permission)
    return token.user


def owner(request: HttpRequest) -> User:
    """Whose token it is."""
    return _token(request).user


def _token(request: HttpRequest) -> Token:
    token = request.auth  # type: ignore[attr-defined] # set by ninja to what `authenticate` gave
    assert isinstance(token, Token)  # noqa: S101 - every operation asks for a token
    return token
