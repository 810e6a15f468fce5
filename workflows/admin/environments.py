"""Environments: the one thing that is configured here."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html_join

from workflows.admin.bases import Listed, signed_in
from workflows.models import Environment
from workflows.services import environments


@admin.register(Environment)
class EnvironmentAdmin(Listed):
    """Accounts, regions and roles; and how well AWS was last reached there."""

    list_display = ("slug", "title", "region", "account_id", "is_production", "is_embedded", "reached_at", "reachable")
    list_filter = ("is_production", "is_embedded", "region")
    search_fields = ("slug", "title", "=account_id", "region")
    date_hierarchy = "created_at"
    written_by_workers = ("install", "created_at", "reached_at", "unreachable_since", "problem")
    fieldsets = (
        (None, {"fields": ("slug", "title", "colour", "is_production", "is_embedded")}),
        ("AWS", {"fields": ("region", "account_id", "role_arn", "external_id", "permissions_boundary", "name_prefix")}),
        ("As last seen", {"fields": written_by_workers}),
        ("What can be done there", {"fields": ("capabilities",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What rows and names in AWS already refer to stays as it was made."""
        shown = (*self.written_by_workers, "capabilities")
        return (*shown, "slug", "is_embedded") if obj else shown

    @admin.display(description="capabilities")
    def capabilities(self, row: Environment) -> str:
        """Each with why not, where it is not."""
        lines = [(name, one.refusal or "Available") for name, one in row.capabilities.named()]
        return format_html_join("", "<div><strong>{}</strong>: {}</div>", lines)

    @admin.display(boolean=True)
    def reachable(self, row: Environment) -> bool | None:
        """Whether AWS answered last; unknown before the first call."""
        if row.unreachable_since:
            return False
        return True if row.reached_at else None

    def changeform_view(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        """One whose slug somebody else took while it was typed is not kept."""
        try:
            return super().changeform_view(request, *arguments, **named)
        except environments.SlugTaken as taken:
            self.message_user(request, str(taken), messages.ERROR)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the service."""
        environments.save(obj, by=signed_in(request))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the service."""
        environments.delete(obj, by=signed_in(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """By the service, one by one."""
        for row in queryset:
            environments.delete(row, by=signed_in(request))
