"""What the admins of both packages are made of: lists that stay fast, and rows nobody edits."""

from collections.abc import Callable, Iterable
from datetime import UTC
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import DateTimeField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.html import format_html

from workflows import handovers
from workflows.models import User

if TYPE_CHECKING:
    StockAdmin = admin.ModelAdmin[Model]
else:
    StockAdmin = admin.ModelAdmin  # its type parameter exists for the type checker only


class CountedSoFar(Paginator):  # type: ignore[type-arg]
    """Counts no further than the ten thousand newest rows; what lies behind them is found by filters and search."""

    most = 10_000

    @cached_property
    def count(self) -> int:
        """How many can be leafed through."""
        assert isinstance(self.object_list, QuerySet)  # noqa: S101 - as the admin makes it
        return self.object_list.order_by()[: self.most].count()


def among(field: str, values: Iterable[str]) -> type[admin.SimpleListFilter]:
    """A filter by values known beforehand; Django's own looks through the whole table for them."""

    class Among(admin.SimpleListFilter):
        title = field.replace("_", " ")
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(value, value) for value in values]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    return Among


class Listed(StockAdmin):
    """A list of fifty rows a page that counts once; columns of other tables are named in `list_select_related`.

    Its moments say on hover when that was in UTC, as they do on other pages.
    """

    list_per_page = 50
    show_full_result_count = False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The columns, those of moments such that they say so."""
        return self._telling_utc(super().get_list_display(request))

    def _telling_utc(self, names: Iterable[Any]) -> list[Any]:
        return [_moment(self._moments[name]) if name in self._moments else name for name in names]

    @cached_property
    def _moments(self) -> "dict[str, DateTimeField[Any, Any]]":
        return {field.name: field for field in self.opts.fields if isinstance(field, DateTimeField)}


@cache  # one function a column: by it the admin knows which columns a list can be sorted by
def _moment(field: "DateTimeField[Any, Any]") -> Callable[[Model], str | None]:
    @admin.display(description=field.verbose_name, ordering=field.name)
    def moment(row: Model) -> str | None:
        at = getattr(row, field.name)
        if at is None:
            return None
        shown = formats.localize(timezone.localtime(at))
        return format_html('<time title="{} UTC">{}</time>', f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", shown)

    moment.__name__ = field.name  # the class of the cell
    return moment


class ShowsSecretOnce(Listed):
    """Rows with a secret that is made here: the page of the row made shows it, this once, wherever one goes on to."""

    change_list_template = "admin/secret_once.html"

    def hand_over(self, request: HttpRequest, secret: str) -> None:
        """Keep it for the list, which this request leads to."""
        handovers.hand_over(request, self._place, secret)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """To the list, whichever button was pressed: it has the secret."""
        self.message_user(request, f"“{obj}” was made.", messages.SUCCESS)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the secret that waits for it, if one does; no cache keeps that answer."""
        secret = handovers.take(request, self._place)
        answer = super().changelist_view(request, {**(extra_context or {}), "secret": secret})
        if secret:
            answer["Cache-Control"] = "no-store"
        return answer

    @property
    def _place(self) -> str:
        return f"admin {self.opts.label_lower}"


class ReadOnly(Listed):
    """Rows that workers and services write, many of them: to be looked at and found, never edited here.

    No `date_hierarchy`: it looks through the whole table for the days there are. Dates are filters.
    """

    paginator = CountedSoFar

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Those of its class, else what a form would have and every moment, of which forms leave out some."""
        found = list(super().get_fields(request, obj))
        if not self.fields:
            found += [name for name in self._moments if name not in found]
        return self._telling_utc(found)


def signed_in(request: HttpRequest) -> User:
    """Who acts here."""
    assert isinstance(request.user, User)  # noqa: S101 - the admin lets nobody else in
    return request.user
