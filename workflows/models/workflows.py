"""Workflows and their immutable, numbered revisions."""

from django.conf import settings
from django.db import models

from workflows.models.fields import OrderedObjectField
from workflows.models.functions import NAME
from workflows.statuses import MachineType


class Workflow(models.Model):
    """A state machine by its name here; in AWS it is called `<environment prefix><name>`."""

    name = models.CharField(max_length=40, unique=True, validators=[NAME])
    title = models.CharField(max_length=120)
    # What its file called it when it was loaded last: until the file has another, what somebody called it here stays.
    offered_title = models.CharField(max_length=120, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WorkflowRevision(models.Model):
    """One content of a workflow: definition, input schema, business keys. Never changed once made."""

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    type = models.CharField(max_length=8, choices=MachineType.choices, default=MachineType.STANDARD)
    definition = models.TextField(help_text="Amazon States Language; ${FunctionName} stands for a deployed function.")
    input_schema = models.TextField(blank=True, default="", help_text="JSON Schema; empty takes anything.")
    keys = OrderedObjectField(default=dict, blank=True, help_text="Business keys: name to path in the input.")
    unique_references = models.BooleanField(default=False, help_text="A reference is taken once in an environment.")
    custom_role_arn = models.CharField(
        max_length=600, blank=True, default="", db_default="", help_text="Made elsewhere; empty: one is made for it."
    )
    problems = models.JSONField(default=list, blank=True, help_text="What the checker said when it was saved.")
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["workflow", "number"], name="one_workflow_revision_per_number"),
            models.UniqueConstraint(fields=["workflow", "sha256"], name="one_workflow_revision_per_content"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow.name} r{self.number}"

    @property
    def has_errors(self) -> bool:
        """Whether the checker found anything AWS would refuse."""
        return any(problem["severity"] == "error" for problem in self.problems)
