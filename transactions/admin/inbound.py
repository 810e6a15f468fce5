"""Inbound hooks and what they received, to look at. They are written on their own pages."""

from django.contrib import admin

from transactions.models import InboundHook, InboundRequest
from workflows.admin.bases import ReadOnly


@admin.register(InboundHook)
class InboundHookAdmin(ReadOnly):
    """Addresses at which other systems start workflows. Secrets are never shown."""

    list_display = ("slug", "title", "workflow", "environment", "scheme", "is_active", "created_by")
    list_filter = ("workflow", "environment", "scheme", "is_active")
    list_select_related = ("workflow", "environment", "created_by")
    search_fields = ("slug", "title")
    date_hierarchy = "created_at"
    exclude = ("secret", "previous_secret")


@admin.register(InboundRequest)
class InboundRequestAdmin(ReadOnly):
    """What inbound hooks received, and what became of it."""

    list_display = ("received_at", "hook", "outcome", "status", "address", "size", "times", "transaction")
    list_filter = ("hook", "outcome")
    list_select_related = ("hook", "transaction")
    search_fields = ("=transaction__id", "reason", "=address")
    date_hierarchy = "received_at"
