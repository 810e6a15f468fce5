"""Inputs kept under a name, to begin a new transaction with."""

from django.conf import settings
from django.db import models

from workflows.models import Workflow


class Preset(models.Model):
    """An input of a workflow that somebody gave a name; it may be half filled in."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    input = models.TextField(help_text="The JSON text, number for number.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workflow", "name"], name="one_preset_of_a_name")]

    def __str__(self) -> str:
        return self.name
