"""What somebody asked for, and how far it has come."""

import os
import time
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from transactions.statuses import TRANSACTION
from workflows.claims import lease
from workflows.models import Deployment, Environment, Workflow, WorkflowRevision
from workflows.statuses import Status, choices


def uuid7() -> uuid.UUID:
    """A UUID that sorts by the time it was made (RFC 9562, version 7); the list pages by it."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10))
    return uuid.UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


class Transaction(models.Model):
    """One request to run a workflow. Its id is also the execution's name in AWS, so it starts at most once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    # An index that nothing is found by is written anew at each step of each transaction: some keys have none.
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    revision = models.ForeignKey(WorkflowRevision, on_delete=models.PROTECT, related_name="+", db_index=False)
    deployment = models.ForeignKey(
        Deployment, on_delete=models.PROTECT, related_name="+", help_text="Live when accepted."
    )
    status = models.CharField(max_length=12, choices=choices(TRANSACTION), default="accepted")
    reference = models.CharField(max_length=200, blank=True, default="", help_text="The asker's own name for it.")
    holds_reference = models.BooleanField(default=False, help_text="No other of its workflow there may have it.")
    input = models.TextField(help_text="The JSON text as sent, number for number.")
    output = models.TextField(null=True, blank=True)  # noqa: DJ001 - no output yet is not the same as an empty one
    error = models.CharField(max_length=256, blank=True, default="")
    cause = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True, help_text="AWS could not be reached since then.")
    waiting_for = models.TextField(blank=True, default="", help_text="What AWS said when it last refused.")
    stuck_since = models.DateTimeField(null=True, blank=True)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    stop_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rerun_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reruns", db_index=False
    )
    redrive_requested_at = models.DateTimeField(null=True, blank=True)
    redrive_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    redrive_problem = models.TextField(blank=True, default="", help_text="Why AWS would not redrive it.")
    version = models.PositiveIntegerField(default=1, help_text="Grows with every change a page would show.")
    next_attempt_at = models.DateTimeField(
        null=True, blank=True, help_text="When a worker should look at it to start it."
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("submit", "Can submit a transaction"),
            ("stop", "Can stop a transaction"),
            ("rerun", "Can run a transaction again"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workflow", "environment", "reference"],
                condition=Q(holds_reference=True),
                name="one_transaction_per_reference",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(status__in=["accepted", "starting"]), name="transaction_due"
            ),
            models.Index(
                fields=["stop_requested_at"],
                condition=Q(stop_requested_at__isnull=False, finished_at__isnull=True),
                name="transaction_to_stop",
            ),
            models.Index(
                fields=["redrive_requested_at"],
                condition=Q(redrive_requested_at__isnull=False),
                name="transaction_to_redrive",
            ),
            models.Index(fields=["workflow", "status", "environment", "-id"], name="transaction_listed"),
            models.Index(fields=["status", "environment", "-id"], name="transaction_listed_by_status"),
            models.Index(fields=["reference", "-id"], condition=~Q(reference=""), name="transaction_by_reference"),
            models.Index(fields=["rerun_of"], condition=Q(rerun_of__isnull=False), name="transaction_rerun"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def status_now(self) -> Status:
        """The status with its label and tone."""
        return TRANSACTION[self.status]

    @property
    def is_left_lying(self) -> bool:
        """Whether no worker has come to it for two leases, and nobody waits for AWS or has marked it as stuck.

        As `standstill.unmarked`, for one row; of what runs where its execution was read along.
        """
        if self.waiting_since or self.stuck_since or TRANSACTION[self.status].is_final:
            return False
        due = [self.stop_requested_at]
        if self.status in ("accepted", "starting"):
            due.append(self.next_attempt_at)
        elif execution := self._state.fields_cache.get("execution"):
            due.append(execution.next_sync_at)
        before = timezone.now() - 2 * lease()
        return any(moment is not None and moment <= before for moment in due)


class BusinessKey(models.Model):
    """A typed value lifted out of the input, to find the transaction by."""

    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="keys")
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    text = models.CharField(max_length=200)
    number = models.DecimalField(max_digits=40, decimal_places=12, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transaction", "name"], name="one_value_per_key")]
        indexes = [
            models.Index(fields=["text", "-transaction"], name="key_by_text"),
            models.Index(fields=["name", "number", "-transaction"], name="key_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.name}={self.text}"
