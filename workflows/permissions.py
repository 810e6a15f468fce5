"""What a person may do, in one query instead of one for their own permissions and one for their groups'.

Or in none: beside the row that names a person, their permissions can be read by the same query.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Func, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Concat


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


class _Joined(Func):
    """All values of the rows in one text. Not an aggregate to Django, which would group by the primary key."""

    template = "STRING_AGG(DISTINCT %(expressions)s, ',')"

    def as_sqlite(self, compiler: Any, connection: Any, **named: Any) -> Any:
        """SQLite's name for it."""
        return self.as_sql(compiler, connection, template="GROUP_CONCAT(DISTINCT %(expressions)s)", **named)


def held_by(user: str) -> Subquery:
    """For `annotate`: the permissions of the person whose id stands in the column `user`, as `remember` takes them."""
    held = Permission.objects.order_by().filter(Q(group__user=OuterRef(user)) | Q(user=OuterRef(user)))
    names = _Joined(Concat("content_type__app_label", Value("."), "codename"), output_field=TextField())
    return Subquery(held.annotate(names=names).values("names"))


def remember(user: Any, held: str | None) -> None:
    """Spare this object the query, for as long as it lives: a request. A superuser's is another one."""
    if not user.is_superuser:
        user._perm_cache = set(held.split(",")) if held else set()
