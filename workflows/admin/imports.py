"""What is in accounts and not ours, and what was imported of it, to look at; services ask, workers read."""

from django.contrib import admin

from workflows.admin.bases import ReadOnly
from workflows.models import Import, Survey


@admin.register(Survey)
class SurveyAdmin(ReadOnly):
    """What was found in each environment's account when somebody last looked."""

    list_display = ("__str__", "environment", "read_at", "is_partial", "problem")
    list_filter = ("environment",)
    list_select_related = ("environment",)
    search_fields = ("environment__slug",)


@admin.register(Import)
class ImportAdmin(ReadOnly):
    """Each import, and what came of it."""

    list_display = ("__str__", "arn", "status", "owner", "adopts", "requested_by", "requested_at")
    list_filter = ("status", "kind", "adopts", "environment")
    list_select_related = ("environment", "requested_by")
    search_fields = ("name", "arn")
