"""Slows down whoever guesses passwords. Counts in the database, so that every process counts alike, without Redis."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import Q
from django.utils import timezone

from workflows.models import SignInFailure

WINDOW = timedelta(minutes=15)
NOBODY = ""
"""In place of a digest, which it never equals."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures within the window, among those it `counts`, are the last for now."""

    failures: int
    counts: Callable[[SignInFailure, SignInFailure], bool]


# One person typing; one place trying many names; many places trying one name.
LIMITS = (
    Limit(5, lambda one, other: one.name_digest == other.name_digest and one.address == other.address),
    Limit(30, lambda one, other: one.address == other.address),
    Limit(60, lambda one, other: one.name_digest == other.name_digest),
)
MOST = sum(limit.failures for limit in LIMITS)


class TooOften(Exception):
    """Nobody may try that name from that address for now, even with the right password."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, ceil(wait.total_seconds()))
        until = (
            "Until then not even the right password is looked at; whoever has forgotten it asks an admin for a new one."
        )
        super().__init__(f"Try again in {_in_words(self.seconds)}. {until}")


def begin(name: str, address: str) -> None:
    """Count a try as failed before its password is looked at, so that trying in parallel gains nothing.

    Raises TooOften; such a try does not count, or waiting would never end.
    """
    now = timezone.now()
    SignInFailure.objects.filter(at__lte=now - WINDOW).delete()
    this = SignInFailure.objects.create(name_digest=_digest(name), address=address, at=now)
    if over_at := _over_at(this):
        this.delete()
        raise TooOften(over_at - now)


def succeed(name: str, address: str) -> None:
    """The password was right: what failed before, by this name from this address, is forgotten."""
    SignInFailure.objects.filter(name_digest=_digest(name), address=address).delete()


def forgive(name: str) -> None:
    """The name has a new password: what failed before tells nothing of it any more.

    It still counts against the addresses it came from: those may have tried other names too.
    """
    SignInFailure.objects.filter(name_digest=_digest(name)).update(name_digest=NOBODY)


def _over_at(this: SignInFailure) -> datetime | None:
    """When the last of the limits broken ends; None when none is broken."""
    alike = Q(name_digest=this.name_digest) | Q(address=this.address)
    earlier = list(SignInFailure.objects.filter(alike, pk__lt=this.pk).order_by("-pk")[:MOST])
    ends = [_end(limit, [row for row in earlier if limit.counts(this, row)]) for limit in LIMITS]
    return max((end for end in ends if end), default=None)


def _end(limit: Limit, failures: list[SignInFailure]) -> datetime | None:
    return failures[limit.failures - 1].at + WINDOW if len(failures) >= limit.failures else None


def _digest(name: str) -> str:
    return hashlib.sha256(name.strip().lower().encode()).hexdigest()


def _in_words(seconds: int) -> str:
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = ceil(seconds / 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
