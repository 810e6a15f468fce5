"""Facts others may want to hear of, written beside the change they tell of (an outbox)."""

from django.db import models
from django.db.models import Q


class Fact(models.Model):
    """Something that happened here."""

    kind = models.CharField(max_length=60, help_text="Such as transaction.succeeded.")
    subject = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True, blank=True, help_text="When its hooks were found; empty: not yet.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject", "id"], name="fact_of_subject"),
            models.Index(fields=["id"], condition=Q(heard_at__isnull=True), name="fact_unheard"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
