"""Writes facts beside the change they tell of."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from workflows import statements
from workflows.models import Fact


def tell(kind: str, subject: str, data: dict[str, Any] | None = None) -> None:
    """Add one fact about `subject` (an id)."""
    tell_all([(kind, subject, data or {})])


def fact(kind: str, subject: str) -> Fact:
    """One not yet written down, for whoever adds several rows at once."""
    return statements.new(Fact, kind=kind, subject=subject, data={}, at=timezone.now())


def tell_all(facts: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
    """Add facts given as (kind, subject, data)."""
    now = timezone.now()
    Fact.objects.bulk_create([Fact(kind=kind, subject=subject, data=data, at=now) for kind, subject, data in facts])
