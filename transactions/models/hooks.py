"""Who is told what: outbound subscriptions, one delivery per fact and hook, and each HTTP try of it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from transactions.models.transactions import uuid7
from transactions.statuses import DELIVERY, DELIVERY_TOLD, FAILING, HOOK
from workflows.models import Environment, Fact, Workflow
from workflows.models.fields import EncryptedTextField, is_kept
from workflows.statuses import Status, choices

LONGEST_ADDRESS = 2_000
MANAGE_HOOKS = "transactions.manage_hooks"
# Deliveries that wait for another try after one that failed; and these with those that were given up.
RETRIED = Q(status="pending", tries__gt=0)
FAILED = Q(status="failed") | RETRIED
# Of one hook so many are kept, from the first on; then nothing more is written down until those are sent.
MOST_MISSED = 10_000
# Those that fitted a hook while it was off or not verified.
MISSED = Q(status="not_sent", is_missed=True)


class Hook(models.Model):
    """An address that is told of certain facts. It is live once it has answered a signed ping."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    target_url = models.CharField(max_length=LONGEST_ADDRESS)
    events = models.JSONField(default=list, help_text="Such as transaction.succeeded.")
    workflow = models.ForeignKey(Workflow, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    branch = models.CharField(max_length=170, blank=True, default="", help_text="state->next; either may be left out.")
    conditions = models.JSONField(default=list, blank=True, help_text="Such as amount > 100; all of them must hold.")
    secret = EncryptedTextField(blank=True, default="")
    former_secret = EncryptedTextField(blank=True, default="")
    former_until = models.DateTimeField(null=True, blank=True, help_text="Until then the former secret signs too.")
    status = models.CharField(max_length=12, choices=choices(HOOK), default="unverified")
    problem = models.TextField(blank=True, default="", help_text="Why it was switched off.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    live_since = models.DateTimeField(null=True, blank=True, help_text="Facts from before then are not for it.")
    off_since = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True, help_text="Nothing has reached it since then.")
    held_until = models.DateTimeField(null=True, blank=True, help_text="Its receiver asked for quiet until then.")

    class Meta:
        ordering = ["-id"]
        permissions = [("manage_hooks", "Can manage hooks")]
        indexes = [models.Index(fields=["status"], name="hook_by_status")]

    def __str__(self) -> str:
        return self.target_url

    @property
    def status_now(self) -> Status:
        """The status with its label and tone."""
        return HOOK[self.status]

    @property
    def is_former_valid(self) -> bool:
        """Whether the former secret signs too."""
        return is_kept(self, "former_secret") and self.former_until is not None and self.former_until > timezone.now()


class Delivery(models.Model):
    """One fact to one hook: what is sent, how far it has come. Its id is the message's, however often it is tried."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries")
    fact = models.ForeignKey(Fact, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=60, help_text="Such as transaction.succeeded; ping is told of nothing.")
    subject = models.CharField(max_length=64, help_text="Id of what it tells of.")
    body = models.TextField(help_text="The JSON text, byte for byte as it is signed.")
    status = models.CharField(max_length=12, choices=choices(DELIVERY), default="pending")
    reason = models.TextField(blank=True, default="", help_text="Why it was not sent, or given up.")
    is_missed = models.BooleanField(
        default=False, db_default=False, help_text="It fits the hook, which was off or not verified then."
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Of the schedule; begins anew when it is sent again.")
    status_code = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Last answered.")
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["hook", "fact"], name="one_delivery_per_hook_and_fact")]
        indexes = [
            models.Index(fields=["hook", "next_attempt_at"], condition=Q(status="pending"), name="delivery_due"),
            models.Index(fields=["hook", "subject", "fact"], condition=Q(status="pending"), name="delivery_in_turn"),
            models.Index(fields=["subject", "-id"], name="delivery_of_subject"),
            models.Index(fields=["hook", "status", "-id"], name="delivery_of_hook"),
            models.Index(fields=["status", "finished_at"], name="delivery_by_outcome"),
            models.Index(fields=["hook"], condition=Q(status="not_sent", is_missed=True), name="delivery_missed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def message_id(self) -> str:
        """What its receiver knows it by."""
        return f"msg_{self.pk.hex}"

    @property
    def due_at(self) -> datetime | None:
        """When it may be tried next: not before its receiver's quiet is over."""
        held_until = self.hook.held_until
        return max(self.next_attempt_at, held_until) if self.next_attempt_at and held_until else self.next_attempt_at

    @property
    def is_late(self) -> bool:
        """Whether it is due and not tried: it waits for its turn, behind what is being sent to its receiver."""
        return self.due_at is not None and self.due_at <= timezone.now()

    @property
    def status_now(self) -> Status:
        """The status with its label and tone; of what failed and waits for its next try that it is failing."""
        return FAILING if self.status == "pending" and self.tries else DELIVERY_TOLD[self.status]


class Attempt(models.Model):
    """One HTTP try of a delivery, and what came of it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tried")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    request_headers = models.JSONField(default=dict, help_text="Signatures masked.")
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True, default="", help_text="The first 64 KB of what was answered.")
    error = models.TextField(blank=True, default="", help_text="In words; empty when it was taken.")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="one_attempt_per_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.status_code or self.error}"
