"""Makes what a fresh installation needs to be used at all: its environment, two people and an API token."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from workflows.models import User
from workflows.services import access, activity, environments
from workflows.statuses import Role


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the first user of an installation is told, once."""

    operator: str
    admin: str
    api_token: str
    compared: Mapping[str, str] = field(default_factory=dict)
    """Per role, of what stored password the one here is known to be: to find out takes a second, and is meant to."""

    def as_dict(self) -> dict[str, Any]:
        """As kept in a file."""
        return asdict(self)


def seed(known: Credentials | None) -> Credentials:
    """Make what is missing; `known` is what an earlier start was given, and stays true if it still is.

    A password somebody has changed since is left alone.
    """
    known = known or Credentials("", "", "")
    environments.ensure_default()
    operator = _ensure_user(Role.OPERATOR, known.operator, known.compared)
    admin = _ensure_user(Role.ADMIN, known.admin, known.compared)
    token = known.api_token
    if not token or access.living_token(token) is None:
        user = User.objects.get(username=Role.ADMIN)
        _, token = access.issue_token(user, "first start", by=None)
    told = [role for role, password in ((Role.OPERATOR, operator), (Role.ADMIN, admin)) if password]
    compared = {user.username: _digest(user) for user in User.objects.filter(username__in=told)}
    return Credentials(operator, admin, token, compared)


def _ensure_user(role: Role, password: str, compared: Mapping[str, str]) -> str:
    """The user named like its role, with its password as far as we know it (empty when somebody else set it)."""
    user = User.objects.filter(username=role).first()
    if user is not None:
        is_known = compared.get(role) == _digest(user) or user.check_password(password)
        return password if is_known else ""
    password = password or secrets.token_urlsafe(15)
    is_admin = role is Role.ADMIN
    with transaction.atomic():
        user = User.objects.create_user(role, password=password, is_staff=is_admin, is_superuser=is_admin)
        user.groups.add(Group.objects.get(name=role))
        activity.record("user.create", user, by=None, after={"role": str(role)})
    return password


def _digest(user: User) -> str:
    return hashlib.sha256(user.password.encode()).hexdigest()
