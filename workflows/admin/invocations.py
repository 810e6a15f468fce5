"""Test and ad hoc invocations and the payloads kept for them, to look at; they are made on a function's page."""

from django.contrib import admin

from workflows.admin.bases import ReadOnly
from workflows.models import Invocation, Payload


@admin.register(Invocation)
class InvocationAdmin(ReadOnly):
    """Who invoked what, and what came of it."""

    list_display = ("id", "function", "environment", "type", "status", "requested_by", "requested_at", "duration_ms")
    list_filter = ("status", "type", "environment", "function")
    list_select_related = ("function", "environment", "requested_by")
    search_fields = ("function__name", "=request_id")
    date_hierarchy = "requested_at"


@admin.register(Payload)
class PayloadAdmin(ReadOnly):
    """What functions are invoked with, by name."""

    list_display = ("name", "function", "created_by", "created_at")
    list_filter = ("function",)
    list_select_related = ("function", "created_by")
    search_fields = ("name", "function__name")
    date_hierarchy = "created_at"
