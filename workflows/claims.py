"""The primitives that move work: claim rows for a lease, and compare-and-set of a status.

Each is one UPDATE ... WHERE, alike on SQLite and PostgreSQL. A lease that has run out may be taken by anyone.
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)


def lease() -> timedelta:
    """How long a claim lasts."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def unclaimed() -> Q:
    """Rows nobody holds."""
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=timezone.now())


def claim_due(due: QuerySet[Row], n: int, **changes: Any) -> list[Row]:
    """Claim up to `n` unclaimed rows of `due`, in its order, setting `changes` too; give the rows as claimed.

    The model has `claim` and `claimed_until`. Two callers never get the same row while a lease lasts.
    """
    mark = uuid.uuid4()
    rows = due.model._default_manager.filter(unclaimed())
    with transaction.atomic():
        can_skip = connection.features.has_select_for_update_skip_locked
        wanted = due.filter(unclaimed())
        locked = wanted.select_for_update(skip_locked=True, of=("self",)) if can_skip else wanted
        claimed = rows.filter(pk__in=locked.values("pk")[:n]).update(
            claim=mark, claimed_until=timezone.now() + lease(), **changes
        )
    return list(due.model._default_manager.filter(claim=mark)) if claimed else []


def claim(rows: QuerySet[Row], pk: Any, **changes: Any) -> Row | None:
    """Claim one row if nobody holds it; None when somebody does or it is not among `rows`."""
    return next(iter(claim_due(rows.filter(pk=pk), 1, **changes)), None)


def release(row: models.Model, **changes: Any) -> bool:
    """Let go of a row this claim still holds, setting `changes`; False when the lease was lost to another."""
    held = type(row)._default_manager.filter(pk=row.pk, claim=row.claim)  # type: ignore[attr-defined]
    return bool(held.update(claim=None, claimed_until=None, **changes))


class LeaseLost(Exception):
    """Another worker has taken the row meanwhile; whatever is left is its to do."""


def extend(row: models.Model, beyond: timedelta = timedelta()) -> None:
    """Hold a row for another lease from now, and `beyond` that. Raises LeaseLost when another has taken it."""
    held = type(row)._default_manager.filter(pk=row.pk, claim=row.claim)  # type: ignore[attr-defined]
    if not held.update(claimed_until=timezone.now() + beyond + lease()):
        raise LeaseLost


def move(
    rows: QuerySet[Any] | models.Manager[Any], pks: Iterable[Any], to: str, only_from: Iterable[str], **changes: Any
) -> int:
    """Move rows to a status, only from the ones named; give how many moved."""
    return rows.filter(pk__in=list(pks), status__in=list(only_from)).update(status=to, **changes)
