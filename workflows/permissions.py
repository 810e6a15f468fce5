"""What a person may do, in one query instead of one for their own permissions and one for their groups'.

Or in none: beside the row that names a person, their permissions can be read by the same query.
"""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Exists, OuterRef, Q


class OneQueryBackend(ModelBackend):
    """Django's own backend; it remembers all permissions on the user for the length of a request, as Django's does."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """As `app.codename`; none for the inactive and for single objects."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            held = Permission.objects.order_by()
            if not user_obj.is_superuser:
                held = held.filter(Q(group__user=user_obj) | Q(user=user_obj)).distinct()
            names = held.values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in names}
        known: set[str] = user_obj._perm_cache
        return known


# For a query that names a person in `{user}`: the ids of their permissions, between commas, as `remember` takes them.
_AGGREGATE = {"postgresql": "STRING_AGG", "sqlite": "GROUP_CONCAT"}
_HELD = """
    (SELECT {aggregate}(CAST(of_group.permission_id AS text), ',') FROM workflows_user_groups AS member
        JOIN auth_group_permissions AS of_group ON of_group.group_id = member.group_id WHERE member.user_id = {user}),
    (SELECT {aggregate}(CAST(own.permission_id AS text), ',') FROM workflows_user_user_permissions AS own
        WHERE own.user_id = {user})
"""


def held_by(user: str) -> str:
    """Two columns for a SELECT: what the person whose id is in the column `user` holds by groups, and by themselves."""
    return _HELD.format(aggregate=_AGGREGATE[connection.vendor], user=user)


def remember(user: Any, by_groups: str | None, by_themselves: str | None) -> None:
    """Spare this object the query, for as long as it lives: a request. A superuser's is another one."""
    if not user.is_superuser:
        user._perm_cache = _names(by_groups or "") | _names(by_themselves or "")


@lru_cache(maxsize=1024)
def _names(ids: str) -> frozenset[str]:
    """Permissions by their ids. What an id stands for never changes; a migration may add some."""
    wanted = [int(one) for one in ids.split(",") if one]
    found = Permission.objects.filter(pk__in=wanted).values_list("content_type__app_label", "codename")
    return frozenset(f"{app}.{codename}" for app, codename in found)


def lacks(permission: str, column: str) -> Q:
    """For a query: the person in `column` may not do that, or may no more. Nobody lacks nothing."""
    holders = get_user_model()._default_manager.with_perm(permission, backend=settings.AUTHENTICATION_BACKENDS[0])
    return Q(~Exists(holders.filter(pk=OuterRef(column))), **{f"{column}__isnull": False})
