"""Writes the append-only record. Every service that changes something calls it beside the change."""

from typing import Any

import structlog
from django.db import models

from workflows import statements
from workflows.models import Activity, User


def record(
    action: str,
    subject: models.Model,
    *,
    by: User | None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Activity:
    """Add one row: `by` did `action` to `subject`; None is the installation itself."""
    row = entry(action, subject, by=by, before=before, after=after)
    row.save(force_insert=True)
    return row


def entry(
    action: str,
    subject: models.Model,
    *,
    by: User | None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Activity:
    """The same not yet written down, for whoever adds several rows at once."""
    return statements.new(
        Activity,
        by=by,
        by_name=by.get_username() if by else "system",
        action=action,
        subject_kind=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        # A transaction goes by the name people gave it, where they gave it one.
        subject_label=(getattr(subject, "reference", "") or str(subject))[:200],
        before=before,
        after=after,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )


def record_change(
    noun: str, subject: models.Model, *, by: User | None, before: dict[str, Any] | None, after: dict[str, Any]
) -> Activity | None:
    """Add one row for what was created (no `before`) or for the fields that changed; none when none did."""
    if before is None:
        return record(f"{noun}.create", subject, by=by, after=after)
    changed = [name for name in after if after[name] != before.get(name)]
    if not changed:
        return None
    was, is_now = ({name: values.get(name) for name in changed} for values in (before, after))
    return record(f"{noun}.change", subject, by=by, before=was, after=is_now)
