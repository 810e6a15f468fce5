"""What people choose for themselves, and what admins change about people and groups."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from workflows.models import User
from workflows.services import activity, throttling
from workflows.services.access import require, require_rank
from workflows.statuses import Role

FIELDS = (
    "username",
    "first_name",
    "last_name",
    "email",
    "is_active",
    "is_staff",
    "is_superuser",
    "time_zone",
    "theme",
)


class BuiltIn(Exception):
    """A role every installation has stays, under its name."""

    def __init__(self, group: Group) -> None:
        super().__init__(f"The role {group.name} is built in: it can be neither renamed nor deleted.")


def set_theme(user: User, theme: str) -> None:
    """Light, dark or auto; anything else changes nothing."""
    if theme in User.Theme.values:
        User.objects.filter(pk=user.pk).update(theme=theme)


def save_user(
    user: User,
    *,
    by: User | None,
    groups: Collection[Group] | None = None,
    permissions: Collection[Permission] | None = None,
) -> None:
    """Keep a new or changed person, with groups and permissions where given. Raises Forbidden.

    Who is given the role admin may enter the admin from then on: without that the role would be half of one.
    """
    known = User.objects.filter(pk=user.pk).first()
    require(by, "workflows.change_user" if known else "workflows.add_user")
    for one in (known, user):
        require_rank(by, one)
    with transaction.atomic():
        before = _described(known) if known else None
        if groups and Role.ADMIN in {one.name for one in groups} and not _has_role(known, Role.ADMIN):
            user.is_staff = True
        user.save()
        if groups is not None:
            user.groups.set(groups)
        if permissions is not None:
            user.user_permissions.set(permissions)
        activity.record_change("user", user, by=by, before=before, after=_described(user))


def note_password(user: User, *, by: User | None) -> None:
    """Somebody's password was set, by themselves or by an admin. Raises Forbidden.

    Who had to wait because of the former one need not any more.
    """
    if by != user:
        require(by, "workflows.change_user")
        require_rank(by, user)
    with transaction.atomic():
        throttling.forgive(user.get_username())
        activity.record("user.set-password", user, by=by)


def save_group(group: Group, *, by: User | None, permissions: Collection[Permission]) -> None:
    """Keep a new or changed group with what its members may do. Raises Forbidden, BuiltIn."""
    known = Group.objects.filter(pk=group.pk).first()
    require(by, "auth.change_group" if known else "auth.add_group")
    if known and known.name != group.name:
        _check_not_built_in(known)
    with transaction.atomic():
        before = _described_group(known) if known else None
        group.save()
        group.permissions.set(permissions)
        activity.record_change("group", group, by=by, before=before, after=_described_group(group))


def delete_group(group: Group, *, by: User | None) -> None:
    """Do away with a group; its members lose what it gave them. Raises Forbidden, BuiltIn."""
    require(by, "auth.delete_group")
    _check_not_built_in(group)
    with transaction.atomic():
        activity.record("group.delete", group, by=by, before=_described_group(group))
        group.delete()


def is_built_in(group: Group) -> bool:
    """Whether it is one of the roles every installation has: nobody could be given it again, were it gone."""
    return group.name in set(Role)


def _check_not_built_in(group: Group) -> None:
    """Raises BuiltIn."""
    if is_built_in(group):
        raise BuiltIn(group)


def _has_role(user: User | None, role: Role) -> bool:
    return user is not None and user.groups.filter(name=role).exists()


def _described(user: User) -> dict[str, Any]:
    groups = sorted(user.groups.values_list("name", flat=True))
    permissions = sorted(user.user_permissions.values_list("codename", flat=True))
    return {name: getattr(user, name) for name in FIELDS} | {"groups": groups, "permissions": permissions}


def _described_group(group: Group) -> dict[str, Any]:
    return {"name": group.name, "permissions": sorted(group.permissions.values_list("codename", flat=True))}
