"""Functions and their immutable, numbered revisions."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from workflows.models.fields import EncryptedJSONField

NAME = RegexValidator(r"^[A-Za-z0-9_-]{1,40}$", "Letters, digits, - and _; at most 40.")


class Function(models.Model):
    """A Lambda function by its name here; in AWS it is called `<environment prefix><name>`, or as it was adopted."""

    name = models.CharField(max_length=40, unique=True, validators=[NAME])
    created_at = models.DateTimeField(auto_now_add=True)
    smoke_test = models.ForeignKey(
        "workflows.Payload",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="A version must succeed with it before the alias leads there.",
    )
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is in no environment and not listed; it can be restored."
    )
    offered_payloads = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="SHA-256 of each that its function.toml has named, by name."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FunctionRevision(models.Model):
    """One content of a function: code and configuration. Never changed once made."""

    function = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Over configuration and package.")
    runtime = models.CharField(max_length=32)
    handler = models.CharField(max_length=128)
    memory_mb = models.PositiveIntegerField()
    timeout_s = models.PositiveIntegerField()
    environment = EncryptedJSONField(default=dict, blank=True, help_text="Variables by name; they may be secrets.")
    permissions = models.JSONField(default=list, blank=True)
    triggers = models.JSONField(default=list, blank=True, help_text="What calls it, as its definition says.")
    architecture = models.CharField(max_length=8, default="x86_64")
    layers = models.JSONField(default=list, blank=True, help_text="ARNs of layer versions, in order.")
    storage_mb = models.PositiveIntegerField(default=512, help_text="Ephemeral storage.")
    concurrency = models.PositiveIntegerField(null=True, blank=True, help_text="Reserved; empty: none is.")
    dead_letter_arn = models.CharField(
        max_length=300, blank=True, default="", help_text="Queue or topic that gets what could not be handled."
    )
    on_failure_arn = models.CharField(
        max_length=400,
        blank=True,
        default="",
        db_default="",
        help_text="Gets failed asynchronous calls with their error.",
    )
    custom_role_arn = models.CharField(
        max_length=600, blank=True, default="", help_text="Made elsewhere; empty: one is made for it."
    )
    tags = models.JSONField(default=dict, blank=True)
    problems = models.JSONField(
        default=list, db_default=[], blank=True, help_text="What was wrong with its code's syntax when it was saved."
    )
    package = models.BinaryField(help_text="The zip as AWS gets it.")
    package_sha256 = models.CharField(max_length=64)
    package_bytes = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        permissions = [("reveal", "Can see the values of environment variables")]
        constraints = [
            models.UniqueConstraint(fields=["function", "number"], name="one_function_revision_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.function.name} r{self.number}"
