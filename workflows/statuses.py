"""Statuses as values: label, tone, whether final, and the moves allowed. One place; no queries here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from django.db import models

Tone = Literal["neutral", "info", "success", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class Status:
    """One value of a status column: `moves` names the values it may change to."""

    value: str
    label: str
    tone: Tone
    moves: tuple[str, ...] = ()

    @property
    def is_final(self) -> bool:
        """Nothing moves on from here."""
        return not self.moves


def by_value(*statuses: Status) -> Mapping[str, Status]:
    """Index statuses by value, in the order given."""
    return {status.value: status for status in statuses}


def choices(statuses: Mapping[str, Status]) -> list[tuple[str, str]]:
    """The pairs a model field wants."""
    return [(status.value, status.label) for status in statuses.values()]


DEPLOYMENT = by_value(
    Status("requested", "Requested", "neutral", ("running", "failed")),
    Status("running", "Deploying", "info", ("requested", "succeeded", "failed")),
    Status("succeeded", "Succeeded", "success"),
    Status("failed", "Failed", "danger"),
)

# The same values, of a deployment that takes something away.
REMOVAL = by_value(
    Status("requested", "Deletion requested", "neutral", ("running", "failed")),
    Status("running", "Deleting", "info", ("requested", "succeeded", "failed")),
    Status("succeeded", "Deleted", "success"),
    Status("failed", "Not deleted", "danger"),
)

STEP = by_value(
    Status("running", "Running", "info", ("already_so", "changed", "failed")),
    Status("already_so", "Already so", "neutral"),
    Status("changed", "Changed", "success"),
    Status("failed", "Failed", "danger"),
)

# What was sent is never sent again: an answer that did not come leaves it unknown for good.
INVOCATION = by_value(
    Status("requested", "Requested", "neutral", ("running", "failed")),
    Status("running", "Running", "info", ("succeeded", "failed", "unknown")),
    Status("succeeded", "Succeeded", "success"),
    Status("failed", "Failed", "danger"),
    Status("unknown", "Outcome unknown", "warning"),
)
# Not stored: an event that Lambda took. What becomes of it nobody is told.
QUEUED = Status("queued", "Queued", "info")


# What a trigger is in AWS. Not stored are `defined`, `edited`, `leaving` and `found`, which follow from the newest
# revision and what was imported; nor `gone` and `changed`, which are what a worker saw.
TRIGGER = by_value(
    Status("defined", "Not deployed", "neutral", ("pending",)),
    Status("pending", "Being set up", "info", ("live", "failed")),
    Status("live", "Live", "success", ("pending", "failed")),
    Status("failed", "Failed", "danger", ("pending", "live")),
    Status("found", "In AWS, not taken over yet", "info"),
    Status("leaving", "Goes with the next deployment", "warning"),
    Status("edited", "Changed, not deployed", "info"),
    Status("gone", "Gone in AWS", "danger"),
    Status("changed", "Not as deployed in AWS", "warning"),
    Status("roleless", "Its role is gone in AWS", "danger"),
)

IMPORT = by_value(
    Status("requested", "Being read", "info", ("succeeded", "failed")),
    Status("succeeded", "Imported", "success"),
    Status("failed", "Not imported", "danger"),
)

TRIGGER_TEST = by_value(
    Status("requested", "Requested", "neutral", ("running",)),
    Status("running", "Waiting for the function", "info", ("succeeded", "raised", "unclear", "failed")),
    Status("succeeded", "It ran", "success"),
    Status("raised", "It ran, and failed", "danger"),
    Status("unclear", "Ran, perhaps for another call", "warning"),
    Status("failed", "Not seen to run", "danger"),
)


class MachineType(models.TextChoices):
    """The two kinds of state machine AWS has."""

    STANDARD = "STANDARD"
    EXPRESS = "EXPRESS"


class Role(StrEnum):
    """The groups a person can be in, each including the ones before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    DEVELOPER = "developer"
    ADMIN = "admin"
