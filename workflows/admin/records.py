"""What happened, and what was measured: activity, facts, metric sets. Nothing is written here."""

from django.contrib import admin

from workflows import trail
from workflows.admin.bases import ReadOnly, among
from workflows.models import Activity, Fact, MetricSet


@admin.register(Activity)
class ActivityAdmin(ReadOnly):
    """Who did what, before and after."""

    list_display = ("at", "by_name", "action", "subject_label", "subject_kind", "request_id")
    list_filter = (among("subject_kind", trail.KINDS), "at")
    list_select_related = ("by",)
    search_fields = ("by_name", "=action", "subject_label", "=subject_id", "=request_id")


@admin.register(Fact)
class FactAdmin(ReadOnly):
    """What others may want to hear of."""

    list_display = ("at", "kind", "subject")
    list_filter = ("at",)
    search_fields = ("=subject", "=kind")


@admin.register(MetricSet)
class MetricSetAdmin(ReadOnly):
    """What charts share: when AWS was asked, and what it said when it would not answer."""

    list_display = ("environment", "kind", "name", "range_s", "period_s", "asked_at", "read_at", "problem")
    list_filter = ("kind", "environment")
    list_select_related = ("environment",)
    search_fields = ("name",)
