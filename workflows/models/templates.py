"""A file with functions and workflows that somebody has given, to look at what it would do before it does it."""

from django.conf import settings
from django.db import models

from workflows.models.fields import EncryptedJSONField


class TemplateImport(models.Model):
    """What a SAM template or an export carries; `document` is emptied once it was taken, or after a day."""

    file_name = models.CharField(max_length=200, blank=True, default="")
    document = EncryptedJSONField(default=dict, blank=True, help_text="What it carries, variables and code included.")
    names = models.JSONField(default=dict, blank=True, help_text="Other names here, by kind and old name.")
    left_out = models.JSONField(default=list, blank=True, help_text="What else is in it, a sentence each.")
    note = models.CharField(max_length=200, blank=True, default="")
    taken = models.JSONField(default=list, blank=True, help_text="What was saved: kind, name, revision, whether new.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name or f"template {self.pk}"
