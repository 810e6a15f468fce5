"""The price table: what AWS charges in each region, from which day on."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from workflows import costs
from workflows.admin.bases import Listed, signed_in
from workflows.models import Price
from workflows.services import prices


@admin.register(Price)
class PriceAdmin(Listed):
    """A price that changes is a further row: what was used before keeps the price it had."""

    list_display = ("region", "item", "valid_from", "amount", "currency")
    list_filter = ("region", "item", "currency")
    search_fields = ("region", "item")
    date_hierarchy = "valid_from"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the service."""
        prices.save(obj, by=signed_in(request))
        if told := costs.problem(obj.region, max(obj.valid_from, timezone.now().date())):
            messages.warning(request, told)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the service."""
        prices.delete(obj, by=signed_in(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """By the service, one by one."""
        for row in queryset:
            prices.delete(row, by=signed_in(request))
