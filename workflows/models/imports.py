"""What is in an environment's account but was not made here, and what of it was taken over as a definition."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from workflows.models.environments import Environment
from workflows.models.functions import Function
from workflows.models.workflows import Workflow
from workflows.statuses import IMPORT, Status, choices


class Survey(models.Model):
    """The functions and state machines of one environment's account that are not ours, as last listed."""

    environment = models.OneToOneField(Environment, on_delete=models.CASCADE, related_name="survey")
    found = models.JSONField(default=list, blank=True, help_text="Kind, name, ARN, tool that manages it.")
    is_partial = models.BooleanField(default=False, help_text="There is more than one survey reads.")
    read_at = models.DateTimeField(null=True, blank=True, help_text="When AWS last answered.")
    problem = models.TextField(blank=True, default="", help_text="Why it could not be listed when last asked.")
    next_read_at = models.DateTimeField(null=True, blank=True, help_text="Somebody waits for it.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["next_read_at"], condition=Q(next_read_at__isnull=False), name="survey_due"),
        ]

    def __str__(self) -> str:
        return f"survey of {self.environment}"

    def entry(self, arn: str) -> dict[str, Any] | None:
        """What was found under an ARN."""
        return next((one for one in self.found if one["arn"] == arn), None)


class Import(models.Model):
    """One function or state machine of AWS made a definition here. `owner` names the tool that manages it in AWS."""

    class Kind(models.TextChoices):
        FUNCTION = "function"
        WORKFLOW = "workflow"

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="imports")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    arn = models.CharField(max_length=300)
    name = models.CharField(max_length=40, help_text="What it is called here.")
    note = models.CharField(max_length=200, blank=True, default="")
    adopts = models.BooleanField(default=False, help_text="What is in AWS is marked as ours, and may be changed.")
    owner = models.CharField(max_length=160, blank=True, default="", help_text="The tool that manages it in AWS.")
    status = models.CharField(max_length=12, choices=choices(IMPORT), default="requested")
    problem = models.TextField(blank=True, default="", help_text="Why it was not imported.")
    log_group = models.CharField(
        max_length=512, blank=True, default="", db_default="", help_text="Where a function writes its log."
    )
    left = models.JSONField(
        default=list, db_default=[], blank=True, help_text="What calls it in AWS and was not taken over, in words."
    )
    function = models.ForeignKey(Function, null=True, blank=True, on_delete=models.CASCADE, related_name="imports")
    workflow = models.ForeignKey(Workflow, null=True, blank=True, on_delete=models.CASCADE, related_name="imports")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["requested_at"], condition=Q(finished_at__isnull=True), name="import_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} from {self.environment}"

    @property
    def status_now(self) -> Status:
        """The status with its label and tone."""
        return IMPORT[self.status]
