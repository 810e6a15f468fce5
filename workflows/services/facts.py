"""Writes facts beside the change they tell of, and says each in the log, where it meets the request's id."""

from collections.abc import Iterable
from typing import Any

import structlog
from django.utils import timezone

from workflows import statements
from workflows.models import Fact

log = structlog.get_logger(__name__)


def tell(kind: str, subject: str, data: dict[str, Any] | None = None) -> None:
    """Add one fact about `subject` (an id)."""
    tell_all([(kind, subject, data or {})])


def fact(kind: str, subject: str) -> Fact:
    """One not yet written down, for whoever adds several rows at once."""
    log.info(kind, subject=subject)
    return statements.new(Fact, kind=kind, subject=subject, data={}, at=timezone.now())


def tell_all(facts: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
    """Add facts given as (kind, subject, data)."""
    now = timezone.now()
    rows = [Fact(kind=kind, subject=subject, data=data, at=now) for kind, subject, data in facts]
    Fact.objects.bulk_create(rows)
    for row in rows:
        log.info(row.kind, subject=row.subject, **row.data)
