"""Deployments and their step logs, to look at; they are asked for from functions and workflows."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from workflows.admin.bases import ReadOnly
from workflows.models import Deployment, DeploymentStep

if TYPE_CHECKING:
    StockInline = admin.TabularInline[DeploymentStep, Deployment]
else:
    StockInline = admin.TabularInline


class Steps(StockInline):
    """The step log beneath its deployment."""

    model = DeploymentStep
    fields = ("position", "name", "status", "detail", "started_at", "finished_at")
    readonly_fields = fields
    ordering = ("position",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(Deployment)
class DeploymentAdmin(ReadOnly):
    """What was brought where, by whom, and what AWS said."""

    list_display = ("id", "what", "environment", "status", "is_live", "requested_by", "requested_at", "finished_at")
    list_filter = ("status", "is_live", "environment", "workflow", "function")
    list_select_related = (
        "environment",
        "requested_by",
        "function_revision__function",
        "workflow_revision__workflow",
    )
    search_fields = ("workflow__name", "function__name", "resource_arn", "error")
    date_hierarchy = "requested_at"
    inlines = (Steps,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the zips of functions."""
        return super().get_queryset(request).defer("function_revision__package")

    @admin.display(description="revision")
    def what(self, row: Deployment) -> str:
        """The revision's name and number."""
        return str(row.revision)


@admin.register(DeploymentStep)
class DeploymentStepAdmin(ReadOnly):
    """Every step of every deployment."""

    list_display = ("id", "deployment_number", "position", "name", "status", "started_at", "finished_at")
    list_filter = ("status", "name")
    list_select_related = ("deployment",)
    search_fields = ("name", "detail")
    date_hierarchy = "started_at"
    fields = ("deployment_number", "position", "name", "status", "detail", "started_at", "finished_at")

    @admin.display(description="deployment", ordering="deployment")
    def deployment_number(self, row: DeploymentStep) -> int:
        """Its number alone: its name would need three more tables."""
        return row.deployment_id
