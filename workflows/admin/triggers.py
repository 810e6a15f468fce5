"""What calls functions in AWS and how it was tried, to look at; triggers are set up by deployments."""

from django.contrib import admin

from workflows.admin.bases import ReadOnly
from workflows.models import Trigger, TriggerTest


@admin.register(Trigger)
class TriggerAdmin(ReadOnly):
    """Each trigger as it was last set up, and what AWS said when it could not be."""

    list_display = ("__str__", "function", "environment", "status", "invoke_url", "owns_source", "verified_at")
    list_filter = ("status", "environment", "function")
    list_select_related = ("function", "environment")
    search_fields = ("key", "function__name", "source_arn")
    date_hierarchy = "created_at"


@admin.register(TriggerTest)
class TriggerTestAdmin(ReadOnly):
    """Each try of a trigger, and what came of it."""

    list_display = ("id", "trigger", "status", "requested_by", "requested_at", "finished_at")
    list_filter = ("status",)
    list_select_related = ("trigger", "requested_by")
    search_fields = ("trigger__key", "answer")
    date_hierarchy = "requested_at"
