"""What calls a function in one environment, as it was set up in AWS. What it should be stands in the revision."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from workflows.models.environments import Environment
from workflows.models.functions import Function
from workflows.statuses import TRIGGER, TRIGGER_TEST, Status, choices


class Trigger(models.Model):
    """One trigger in AWS; gone when it is removed there."""

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="triggers")
    function = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="triggers")
    key = models.CharField(max_length=600, help_text="What tells it from the function's other triggers.")
    definition = models.JSONField(help_text="Its type and settings, as last set up.")
    status = models.CharField(max_length=12, choices=choices(TRIGGER), default="pending")
    source_arn = models.CharField(max_length=300, blank=True, default="")
    made = models.JSONField(default=dict, blank=True, help_text="Ids AWS gave to what makes it work.")
    owns_source = models.BooleanField(default=False, help_text="Its source was made here.")
    invoke_url = models.CharField(max_length=600, blank=True, default="")
    problem = models.TextField(blank=True, default="", help_text="What AWS said when it could not be set up.")
    created_at = models.DateTimeField(auto_now_add=True)
    verified_at = models.DateTimeField(null=True, blank=True, help_text="When AWS was last seen to have it so.")

    class Meta:
        ordering = ["function", "key"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "function", "key"], name="one_trigger_per_key"),
        ]

    def __str__(self) -> str:
        return self.key[:120]

    @property
    def type(self) -> str:
        """Its type."""
        return str(self.definition["type"])

    @property
    def is_testable(self) -> bool:
        """Whether something may be put where it listens: nothing is put into what belongs to others."""
        return self.type in ("http", "schedule") or self.owns_source

    @property
    def status_now(self) -> Status:
        """The status with its label and tone."""
        return TRIGGER[self.status]


class TriggerTest(models.Model):
    """Something sent to a trigger to see the function run: a worker sends it and waits for the function's log."""

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="tests")
    status = models.CharField(max_length=12, choices=choices(TRIGGER_TEST), default="requested")
    payload = models.TextField(blank=True, default="", db_default="", help_text="What is to be sent.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    sent = models.TextField(blank=True, default="", help_text="What was sent, and where.")
    answer = models.TextField(blank=True, default="", help_text="What came of it.")
    error = models.TextField(blank=True, default="", db_default="", help_text="What the function failed with.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(finished_at__isnull=True), name="trigger_test_due")
        ]

    def __str__(self) -> str:
        return f"test {self.pk} of {self.trigger}"

    @property
    def status_now(self) -> Status:
        """The status with its label and tone."""
        return TRIGGER_TEST[self.status]
