"""Functions and workflows with their revisions. Saved from files, never edited here; deployed by an action."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Max, QuerySet
from django.http import HttpRequest

from workflows.admin.bases import ReadOnly, signed_in
from workflows.models import Environment, Function, FunctionRevision, Workflow, WorkflowRevision
from workflows.services import deployments


class WhereForm(ActionForm):
    """The menu of actions, with the environment to deploy to."""

    environment = forms.ModelChoiceField(Environment.objects.all(), required=False, label="to", empty_label=None)


class Deployable(ReadOnly):
    """Rows with the action "Deploy"."""

    action_form = WhereForm
    actions = ("deploy",)

    def has_deploy_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered; the service asks again."""
        return request.user.has_perm("workflows.deploy")

    @admin.action(description="Deploy", permissions=["deploy"])
    def deploy(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Ask for what is chosen to be brought to the environment chosen beside the action."""
        form = WhereForm(request.POST)
        form.fields["action"].choices = self.get_action_choices(request)  # type: ignore[attr-defined]
        environment = form.cleaned_data.get("environment") if form.is_valid() else None
        if environment is None:
            self.message_user(request, "Choose the environment to deploy to.", messages.ERROR)
            return
        for row in rows:
            self._deploy(request, self.revision_of(row), environment)

    def revision_of(self, row: Any) -> FunctionRevision | WorkflowRevision | None:
        """What deploying `row` means."""
        revision: FunctionRevision | WorkflowRevision = row
        return revision

    def _deploy(
        self, request: HttpRequest, revision: FunctionRevision | WorkflowRevision | None, environment: Environment
    ) -> None:
        if revision is None:
            self.message_user(request, "It has no revision yet.", messages.ERROR)
            return
        try:
            deployment = deployments.request(revision, environment, by=signed_in(request))
        except deployments.NotDeployable as refused:
            self.message_user(request, f"{revision}: {refused}", messages.ERROR)
        else:
            self.message_user(request, f"Deployment {deployment.pk}: {deployment}.", messages.SUCCESS)


class Named(Deployable):
    """A function or a workflow: deploying it means its newest revision."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of the newest revision."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(newest=Max("revisions__number"))
        return rows

    @admin.display(description="newest revision", ordering="newest")
    def newest_revision(self, row: Any) -> str:
        """Its number, if there is one."""
        return f"r{row.newest}" if row.newest else "none"

    def revision_of(self, row: Any) -> FunctionRevision | WorkflowRevision | None:
        """The newest."""
        newest: FunctionRevision | WorkflowRevision | None = row.revisions.order_by("-number").first()
        return newest


@admin.register(Function)
class FunctionAdmin(Named):
    """Functions by name."""

    list_display = ("name", "newest_revision", "created_at")
    search_fields = ("name",)
    date_hierarchy = "created_at"
    fields = ("name", "newest_revision", "created_at")


@admin.register(Workflow)
class WorkflowAdmin(Named):
    """Workflows by name."""

    list_display = ("name", "title", "newest_revision", "created_at")
    search_fields = ("name", "title")
    date_hierarchy = "created_at"
    fields = ("name", "title", "newest_revision", "created_at")


@admin.register(FunctionRevision)
class FunctionRevisionAdmin(Deployable):
    """Code and configuration as saved; the code itself is shown on the function's page."""

    exclude = ("environment", "package")  # values may be secrets; the function's page shows them to whom it may
    list_display = ("__str__", "runtime", "memory_mb", "timeout_s", "package_bytes", "created_by", "created_at")
    list_filter = ("function", "runtime")
    list_select_related = ("function", "created_by")
    search_fields = ("function__name", "=sha256", "note")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the zips."""
        return super().get_queryset(request).defer("package")


@admin.register(WorkflowRevision)
class WorkflowRevisionAdmin(Deployable):
    """Definition, schema and keys as saved."""

    list_display = ("__str__", "type", "deployable", "note", "created_by", "created_at")
    list_filter = ("workflow", "type")
    list_select_related = ("workflow", "created_by")
    search_fields = ("workflow__name", "=sha256", "note")
    date_hierarchy = "created_at"

    @admin.display(boolean=True, description="no errors")
    def deployable(self, row: WorkflowRevision) -> bool:
        """Whether the checker found nothing AWS would refuse."""
        return not row.has_errors
