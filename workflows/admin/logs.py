"""Searches of functions' logs, to look at: who looks asks, workers read."""

from django.contrib import admin

from workflows.admin.bases import ReadOnly
from workflows.models import LogSearch


@admin.register(LogSearch)
class LogSearchAdmin(ReadOnly):
    """Each search of the last day, and when it was read."""

    list_display = ("__str__", "range_s", "text", "request_id", "asked_at", "read_at", "is_partial", "problem")
    list_filter = ("environment",)
    list_select_related = ("environment", "function")
    search_fields = ("function__name", "text", "request_id")
