"""What the admins of both packages are made of: lists that stay fast, and rows nobody edits."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from workflows.models import User

if TYPE_CHECKING:
    StockAdmin = admin.ModelAdmin[Model]
else:
    StockAdmin = admin.ModelAdmin  # its type parameter exists for the type checker only


class Listed(StockAdmin):
    """A list of fifty rows a page that counts once; columns of other tables are named in `list_select_related`."""

    class Media:
        css = {"all": ("admin.css",)}

    list_per_page = 50
    show_full_result_count = False


class ReadOnly(Listed):
    """Rows that workers and services write: to be looked at and found, never edited here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


def signed_in(request: HttpRequest) -> User:
    """Who acts here."""
    assert isinstance(request.user, User)  # noqa: S101 - the admin lets nobody else in
    return request.user
