"""The log lines of a run, read when somebody asks for them."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from transactions.models.executions import Execution

LATE = timedelta(seconds=10)


class LogReading(models.Model):
    """One request for the log lines of an execution's invocations, and what came of it."""

    execution = models.OneToOneField(Execution, on_delete=models.CASCADE, primary_key=True, related_name="logs")
    asked_at = models.DateTimeField()
    next_read_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    lines = models.JSONField(
        default=list, help_text="Each with its time, function, text, request id and how it was found."
    )
    is_partial = models.BooleanField(default=False, help_text="There are more lines than were kept.")
    problem = models.TextField(blank=True, default="", help_text="Why they could not be read.")

    class Meta:
        indexes = [
            models.Index(fields=["next_read_at"], condition=Q(next_read_at__isnull=False), name="log_reading_due"),
        ]

    def __str__(self) -> str:
        return f"Logs of {self.pk}"

    def may_lack(self, finished_at: datetime | None) -> bool:
        """Whether lines of a run that ended then may have come after they were read: CloudWatch shows them late."""
        return finished_at is not None and self.read_at is not None and self.read_at < finished_at + LATE
