"""What calls functions in AWS, to look at; triggers are set up by deployments."""

from django.contrib import admin

from workflows.admin.bases import ReadOnly
from workflows.models import Trigger


@admin.register(Trigger)
class TriggerAdmin(ReadOnly):
    """Each trigger as it was last set up, and what AWS said when it could not be."""

    list_display = ("__str__", "function", "environment", "status", "invoke_url", "owns_source", "verified_at")
    list_filter = ("status", "environment", "function")
    list_select_related = ("function", "environment")
    search_fields = ("key", "function__name", "source_arn")
    date_hierarchy = "created_at"
