"""Who may do what: users, failed sign-ins, API tokens, and the keys that make a request idempotent."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from workflows.models.fields import EncryptedTextField


class User(AbstractUser):
    """A person who signs in."""

    class Theme(models.TextChoices):
        AUTO = "auto", "As the system"
        LIGHT = "light"
        DARK = "dark"

    time_zone = models.CharField(max_length=64, blank=True, default="", help_text="Empty: the browser's own.")
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.AUTO)


class SignInFailure(models.Model):
    """A sign-in that failed, kept as long as it counts against the next. No name: people type passwords there too."""

    name_digest = models.CharField(max_length=64, help_text="SHA-256 of the name as typed, in small letters.")
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["name_digest", "at"], name="signinfailure_of_name"),
            models.Index(fields=["address", "at"], name="signinfailure_of_address"),
            models.Index(fields=["at"], name="signinfailure_age"),
        ]

    def __str__(self) -> str:
        return f"{self.address} at {self.at:%Y-%m-%d %H:%M:%S}"


class Token(models.Model):
    """An API token: 256 random bits shown once; kept are a prefix to know it by and its SHA-256."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list, blank=True, help_text="Empty: whatever its user may do.")
    workflows = models.JSONField(default=list, blank=True, help_text="Names of those it is for. Empty: all.")
    environments = models.JSONField(default=list, blank=True, help_text="Names of those it is for. Empty: all.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_living(self) -> bool:
        """Whether it still lets anybody in."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class IdempotencyKey(models.Model):
    """The answer given to a request that named a key. Kept longer than AWS keeps execution names (90 days)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked for.")
    subject = models.CharField(max_length=64, blank=True, default="", help_text="The id of what the request made.")
    status = models.PositiveSmallIntegerField(default=201, help_text="Of the answer.")
    # Encrypted, for an answer may hold a secret that is shown once.
    body = EncryptedTextField(blank=True, default="", help_text="Of the answer.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotencykey_age")]

    def __str__(self) -> str:
        return self.key
