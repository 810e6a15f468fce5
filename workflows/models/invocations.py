"""Test and ad hoc invocations of functions, and payloads kept under a name for them."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from workflows.models.deployments import Deployment
from workflows.models.environments import Environment
from workflows.models.functions import Function
from workflows.statuses import INVOCATION, QUEUED, Status, choices


class InvocationType(models.TextChoices):
    """AWS's own words: wait for the answer, or have it queued."""

    REQUEST_RESPONSE = "RequestResponse", "Wait for the answer"
    EVENT = "Event", "Queue it"


class Invocation(models.Model):
    """One call of a function that somebody asked for. It is sent at most once, whatever becomes of it."""

    Type = InvocationType

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    function = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="invocations")
    deployment = models.ForeignKey(
        Deployment, on_delete=models.PROTECT, related_name="+", help_text="Live when it was asked for."
    )
    type = models.CharField(max_length=16, choices=InvocationType.choices, default=InvocationType.REQUEST_RESPONSE)
    payload = models.TextField(help_text="The JSON text as sent, number for number.")
    status = models.CharField(max_length=12, choices=choices(INVOCATION), default="requested")
    limit_s = models.PositiveIntegerField(help_text="Longer nobody waits for an answer.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True, help_text="Whoever asked waits no longer since then.")
    result = models.TextField(null=True, blank=True)  # noqa: DJ001 - no result yet is not the same as an empty one
    error = models.TextField(blank=True, default="", help_text="JSON with errorType and errorMessage.")
    log_tail = models.TextField(blank=True, default="", help_text="The last 4 KB it logged.")
    request_id = models.CharField(max_length=64, blank=True, default="")
    duration_ms = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    billed_ms = models.PositiveIntegerField(null=True, blank=True)
    init_ms = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True, help_text="Of a cold start.")
    memory_size_mb = models.PositiveIntegerField(null=True, blank=True)
    memory_mb = models.PositiveIntegerField(null=True, blank=True, help_text="The most it used.")
    next_attempt_at = models.DateTimeField(null=True, blank=True, help_text="When a worker should look at it.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("invoke", "Can invoke a function")]
        indexes = [
            models.Index(fields=["function", "environment", "-id"], name="invocation_of_function"),
            models.Index(
                fields=["next_attempt_at"], condition=Q(status__in=["requested", "running"]), name="invocation_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.function} #{self.pk}"

    @property
    def status_now(self) -> Status:
        """The status with its label and tone; of an event Lambda has only said that it took it."""
        is_queued = self.type == InvocationType.EVENT and self.status == "succeeded"
        return QUEUED if is_queued else INVOCATION[self.status]

    @property
    def limit(self) -> timedelta:
        """The same as a length of time."""
        return timedelta(seconds=self.limit_s)


class Payload(models.Model):
    """What a function is invoked with, kept under a name for everybody."""

    function = models.ForeignKey(Function, on_delete=models.CASCADE, related_name="payloads")
    name = models.CharField(max_length=60)
    text = models.TextField(help_text="The JSON text, number for number.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["function", "name"], name="one_payload_of_a_name")]

    def __str__(self) -> str:
        return self.name
