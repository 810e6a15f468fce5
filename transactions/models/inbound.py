"""Addresses at which other systems start a workflow, and what they received."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from transactions.models.transactions import Transaction
from workflows.models import Environment, Workflow
from workflows.models.fields import EncryptedTextField, is_kept

# The answers to whoever is not known to be the sender: signature, switched off, too large, no secret to check by.
OF_UNKNOWN = (401, 404, 413, 503)
SLUG = RegexValidator(r"^[a-z0-9][a-z0-9-]{0,59}$", "Small letters, digits and -; at most 60.")

# What whoever made a hook has to have a right to, each time it starts something.
MAKER_NEEDS = "transactions.submit"


class InboundHook(models.Model):
    """One address with a signature scheme. What it starts is started in the name of `created_by`."""

    class Scheme(models.TextChoices):
        STANDARD = "standard", "Standard Webhooks"
        BODY = "body", "HMAC of the body (as GitHub signs)"
        TIMED = "timed", "HMAC of time and body (as Stripe signs)"
        BEARER = "bearer", "Secret in a header"

    class Language(models.TextChoices):
        PATHS = "paths", "Paths, one a line"
        JSONATA = "jsonata", "JSONata"

    slug = models.CharField(max_length=60, unique=True, validators=[SLUG])
    title = models.CharField(max_length=120)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    scheme = models.CharField(max_length=12, choices=Scheme.choices, default=Scheme.STANDARD)
    header = models.CharField(max_length=80, blank=True, default="", help_text="Where the signature or secret stands.")
    prefix = models.CharField(max_length=40, blank=True, default="", help_text="What the signature begins with.")
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField(blank=True, default="", help_text="Valid too, until it is taken away.")
    refuses_replays = models.BooleanField(default=True)
    conditions = models.TextField(blank=True, default="", help_text="One a line; all must hold. Empty: every request.")
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.PATHS)
    mapping = models.TextField(blank=True, default="", help_text="Empty: the body is the input.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def has_two_secrets(self) -> bool:
        """Whether the one before is valid too."""
        return is_kept(self, "previous_secret")

    @property
    def secrets(self) -> list[str]:
        """All that are valid now."""
        return [secret for secret in (self.secret, self.previous_secret) if secret]


class InboundRequest(models.Model):
    """One request that came to an inbound hook, and what became of it."""

    class Outcome(models.TextChoices):
        STARTED = "started"
        DUPLICATE = "duplicate"
        FILTERED = "filtered"
        REFUSED = "refused"

    hook = models.ForeignKey(InboundHook, on_delete=models.CASCADE, related_name="requests")
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField(help_text="Of the answer.")
    reason = models.TextField(blank=True, default="", help_text="Why it was refused or filtered.")
    transaction = models.ForeignKey(Transaction, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    duplicate_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Of requests that were taken: what a replay is known by.
    mark = models.CharField(max_length=300, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="", help_text="Where it came from.")
    headers = models.JSONField(default=dict, help_text="Secrets masked.")
    body = models.TextField(blank=True, default="", help_text="Kept only where the sender was known.")
    size = models.PositiveIntegerField(help_text="Bytes of the body.")
    # Of what nobody known sent, only so many an hour have a row each: the last of these counts all that came after it.
    times = models.PositiveIntegerField(default=1, db_default=1, help_text="How many requests this row stands for.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["hook", "mark"], condition=~Q(mark=""), name="one_request_per_mark")
        ]
        indexes = [
            models.Index(fields=["hook", "-id"], name="inbound_of_hook"),
            models.Index(fields=["received_at"], name="inbound_age"),
            models.Index(fields=["received_at", "hook"], name="inbound_of_unknown", condition=Q(status__in=OF_UNKNOWN)),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.received_at:%Y-%m-%d %H:%M:%S}"

    @property
    def others(self) -> int:
        """How many came after it in its hour that have no row of their own."""
        return self.times - 1

    @property
    def is_of_unknown(self) -> bool:
        """Whether it was refused before anybody was known to have sent it: its body is not kept then."""
        return self.outcome == self.Outcome.REFUSED and self.status in OF_UNKNOWN
