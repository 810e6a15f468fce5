"""What differs in AWS from what was deployed, to look at; workers compare, services accept."""

from django.contrib import admin

from workflows.admin.bases import ReadOnly
from workflows.models import Drift


@admin.register(Drift)
class DriftAdmin(ReadOnly):
    """Each function and workflow that is live, as it was last compared; what differs is on its page, masked."""

    list_display = ("__str__", "environment", "differs_since", "is_gone", "checked_at", "problem")
    list_filter = ("is_gone", "environment")
    list_select_related = ("environment", "function", "workflow")
    search_fields = ("function__name", "workflow__name")
    exclude = ("differences",)
