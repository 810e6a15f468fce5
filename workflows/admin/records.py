"""What happened: activity and facts. Rows are only ever added, and not here."""

from django.contrib import admin

from workflows.admin.bases import ReadOnly
from workflows.models import Activity, Fact


@admin.register(Activity)
class ActivityAdmin(ReadOnly):
    """Who did what, before and after."""

    list_display = ("at", "by_name", "action", "subject_label", "subject_kind", "request_id")
    list_filter = ("action", "subject_kind")
    list_select_related = ("by",)
    search_fields = ("by_name", "subject_label", "=subject_id", "=request_id")
    date_hierarchy = "at"


@admin.register(Fact)
class FactAdmin(ReadOnly):
    """What others may want to hear of."""

    list_display = ("at", "kind", "subject")
    list_filter = ("kind",)
    search_fields = ("=subject", "kind")
    date_hierarchy = "at"
