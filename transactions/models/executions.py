"""One run in AWS: its history as read, the visits made of it, and the branches taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from transactions.models.transactions import Transaction
from transactions.statuses import VISIT
from workflows.models import Workflow
from workflows.statuses import Status, choices


class Execution(models.Model):
    """What AWS knows of a transaction, and how much of it has been read."""

    transaction = models.OneToOneField(
        Transaction, on_delete=models.CASCADE, primary_key=True, related_name="execution"
    )
    arn = models.CharField(max_length=300, blank=True, default="")
    definition = models.TextField(
        blank=True, default="", help_text="Read back from AWS where it differs from the deployment's."
    )
    status = models.CharField(max_length=16, blank=True, default="", help_text="AWS's own word, as last seen.")
    redrives = models.PositiveIntegerField(default=0)
    events_read = models.PositiveIntegerField(default=0, help_text="Id of the last event kept.")
    links = models.CharField(
        max_length=12, blank=True, default="", help_text="How events were linked: recorded or inferred."
    )
    token_digests = models.JSONField(
        default=list, blank=True, help_text="Of its task tokens: by these they are found in log lines, and replaced."
    )
    read_at = models.DateTimeField(null=True, blank=True, help_text="When its whole history had been read.")
    watched_until = models.DateTimeField(null=True, blank=True, help_text="Somebody looks at it: read it first.")
    next_sync_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)
    problem = models.TextField(blank=True, default="", help_text="Why its history could not be read.")

    class Meta:
        indexes = [
            models.Index(fields=["next_sync_at"], condition=Q(next_sync_at__isnull=False), name="execution_due"),
        ]

    def __str__(self) -> str:
        return self.arn or str(self.pk)

    @property
    def definition_run(self) -> str:
        """The definition this really ran, with ARNs in place of names."""
        return self.definition or self.transaction.deployment.definition


class Event(models.Model):
    """A line of AWS history, task tokens replaced."""

    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveIntegerField(help_text="AWS's event id.")
    previous = models.PositiveIntegerField(null=True, blank=True)
    type = models.CharField(max_length=60)
    at = models.DateTimeField()
    state = models.CharField(max_length=80, blank=True, default="")
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["execution", "number"], name="one_event_per_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.type}"


class Visit(models.Model):
    """One state entered and left."""

    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="visits")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=80)
    type = models.CharField(max_length=20)
    status = models.CharField(max_length=12, choices=choices(VISIT))
    entered_event = models.PositiveIntegerField()
    exited_event = models.PositiveIntegerField(null=True, blank=True)
    entered_at = models.DateTimeField()
    exited_at = models.DateTimeField(null=True, blank=True)
    input = models.TextField(blank=True, default="")
    output = models.TextField(blank=True, default="")
    attempts = models.JSONField(default=list)
    path = models.JSONField(default=list, help_text="The Map iterations and Parallel branches it is inside of.")
    iterations = models.JSONField(default=list, help_text="Of a Map: each with its index, status and times.")
    next = models.CharField(max_length=80, blank=True, default="", help_text="The state entered next, however left.")
    error = models.CharField(max_length=256, blank=True, default="")
    cause = models.TextField(blank=True, default="")
    redrives = models.PositiveSmallIntegerField(default=0, db_default=0)
    paused = timedelta(0)  # no column: whoever reads the run's pauses says so

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["execution", "position"], name="one_visit_per_position")]

    def __str__(self) -> str:
        return self.state

    @property
    def status_now(self) -> Status:
        """The status with its label and tone."""
        return VISIT[self.status]

    @property
    def caught_by(self) -> str | None:
        """The state a Catch led to, where one did."""
        return self.next if self.status == "caught" else None

    @property
    def place(self) -> str:
        """The Map iterations and Parallel branches it is inside of: an iteration by AWS's index, a branch from 1."""
        return " › ".join(_place(step) for step in self.path)

    @property
    def took(self) -> timedelta | None:
        """How long it ran: without the time the run was over before it was redriven; None while it is open."""
        return self.exited_at - self.entered_at - self.paused if self.exited_at else None

    @property
    def retries(self) -> int:
        """Attempts beyond the first that no redrive asked for."""
        return max(0, len(self.attempts) - 1 - self.redrives)


def _place(step: Mapping[str, Any]) -> str:
    index = step["index"]
    if index is None:
        return str(step["state"])
    return f"{step['state']} #{index}" if step["kind"] == "iteration" else f"{step['state']} branch {index + 1}"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch taken at a Choice state; an empty part stands for any."""

    state: str
    next: str

    def __str__(self) -> str:
        return f"{self.state}->{self.next}"

    @classmethod
    def read(cls, text: str) -> "Branch":
        """What `state->next` stands for; without an arrow it is the state entered."""
        state, _, entered = text.rpartition("->")
        return cls(state.strip(), entered.strip())


class ChoiceResult(models.Model):
    """The branch taken at a Choice state: observed in history, and explained by the rules."""

    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="choices")
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=80)
    next = models.CharField(max_length=80, blank=True, default="", help_text="Observed; empty when it led nowhere.")
    entered_event = models.PositiveIntegerField(default=0, help_text="Where its state was entered.")
    rule = models.JSONField(null=True, help_text="Index from 0, 'default', or null.")
    explained_next = models.CharField(max_length=80, blank=True, default="")
    agrees = models.BooleanField()
    rules = models.JSONField(default=list)
    unread = models.PositiveIntegerField(
        null=True, blank=True, help_text="Index from 0 of the rule that could not be read: it failed there."
    )
    problem = models.TextField(blank=True, default="", help_text="Why it could not be explained.")
    at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["execution", "position"], name="one_choice_per_position")]
        indexes = [models.Index(fields=["workflow", "state", "next", "-execution"], name="choice_by_branch")]

    def __str__(self) -> str:
        return f"{self.state} → {self.outcome}"

    @property
    def outcome(self) -> str:
        """The state it led to, or why it led to none."""
        if self.next:
            return self.next
        if self.unread is not None:
            return f"rule {self.unread + 1} could not be read"
        is_explained = self.rule is None and self.agrees and not self.problem
        return "no rule matched" if is_explained else "no branch taken"

    def as_dict(self) -> dict[str, Any]:
        """The shape the API gives."""
        return {
            "state": self.state,
            "next": self.next or None,
            "rule": self.rule,
            "explained_next": self.explained_next or None,
            "agrees": self.agrees,
            "rules": self.rules,
        }
