"""Metric series read for the charts of a page, kept for everybody who looks at it."""

from django.db import models
from django.db.models import Q

from workflows.models.environments import Environment


class MetricSet(models.Model):
    """All series of one page's charts over one range; a page asks, a worker reads, everybody shares what it read."""

    class Kind(models.TextChoices):
        ENVIRONMENT = "environment"
        WORKFLOW = "workflow"
        FUNCTION = "function"
        COST = "cost"  # what a function used, day by day

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=40, blank=True, default="", help_text="Of the workflow or function.")
    range_s = models.PositiveIntegerField(help_text="Seconds looked back on.")
    period_s = models.PositiveIntegerField(help_text="Seconds a point stands for.")
    begin_at = models.DateTimeField(null=True, blank=True)
    end_at = models.DateTimeField(null=True, blank=True)
    series = models.JSONField(default=dict, help_text="Points [seconds since 1970, value] by the series' key.")
    is_partial = models.BooleanField(default=False, help_text="There was more to ask for than one page may.")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When AWS was last asked.")
    read_at = models.DateTimeField(null=True, blank=True, help_text="When AWS last answered.")
    problem = models.TextField(blank=True, default="", help_text="Why it could not be read when last asked.")
    next_read_at = models.DateTimeField(null=True, blank=True, help_text="Somebody waits for it.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "kind", "name", "range_s", "period_s"], name="one_metric_set_per_page"
            )
        ]
        indexes = [
            models.Index(fields=["next_read_at"], condition=Q(next_read_at__isnull=False), name="metric_set_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.range_s} s in steps of {self.period_s} s"
