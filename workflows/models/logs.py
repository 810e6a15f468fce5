"""The lines of a function's log that somebody looks for, read by a worker and kept for whoever looks for the same."""

from django.db import models
from django.db.models import Q

from workflows.models.environments import Environment
from workflows.models.functions import Function


class LogSearch(models.Model):
    """One search: how far back, which text, which request id; and the newest lines found."""

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    function = models.ForeignKey(Function, on_delete=models.CASCADE, related_name="+")
    range_s = models.PositiveIntegerField(help_text="Seconds looked back on.")
    text = models.CharField(max_length=200, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    lines = models.JSONField(default=list, blank=True, help_text="Time, stream, text and request id, oldest first.")
    is_partial = models.BooleanField(default=False, help_text="There are more lines than were kept.")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When somebody last looked.")
    read_at = models.DateTimeField(null=True, blank=True, help_text="When CloudWatch last answered.")
    problem = models.TextField(blank=True, default="", help_text="Why it could not be read when last asked.")
    next_read_at = models.DateTimeField(null=True, blank=True, help_text="Somebody waits for it.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "log searches"
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "function", "range_s", "text", "request_id"], name="one_log_search_for_all"
            )
        ]
        indexes = [
            models.Index(fields=["next_read_at"], condition=Q(next_read_at__isnull=False), name="log_search_due"),
            models.Index(fields=["asked_at"], name="log_search_age"),
        ]

    def __str__(self) -> str:
        return f"log of {self.function} in {self.environment}"

    @property
    def version(self) -> str:
        """Differs whenever what is shown of it would."""
        read = f"{self.read_at.timestamp():.3f}" if self.read_at else ""
        return f"{self.pk}.{read}.{len(self.problem)}"
