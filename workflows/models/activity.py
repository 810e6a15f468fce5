"""The append-only record of who did what."""

from django.conf import settings
from django.db import models


class Activity(models.Model):
    """One change: who, what, before and after. Rows are only ever added."""

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(
        max_length=150, help_text="Kept should the user go; 'system' for the installation itself."
    )
    action = models.CharField(max_length=60, help_text="Noun and verb, such as deployment.request.")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    subject_label = models.CharField(max_length=200)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "activity"
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="activity_of_subject"),
            models.Index(fields=["by_name", "-id"], name="activity_of_person"),
            models.Index(fields=["action", "-id"], name="activity_of_action"),
        ]

    def __str__(self) -> str:
        return f"{self.by_name} {self.action} {self.subject_label}"
