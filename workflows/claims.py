"""The primitives that move work: claim rows for a lease, and compare-and-set of a status.

Each ends in one UPDATE ... WHERE, alike on SQLite and PostgreSQL. A lease that has run out may be taken by anyone. What
time it is says the database: a worker whose own clock is wrong neither takes what others hold nor keeps it for a day.
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Q, QuerySet
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=models.Model)


def lease() -> timedelta:
    """How long a claim lasts."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def unclaimed() -> Q:
    """Rows nobody holds."""
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=Now())


def claim_due(due: QuerySet[Row], n: int, *related: str, **changes: Any) -> list[Row]:
    """Claim up to `n` unclaimed rows of `due`, in its order, setting `changes` too; give the rows as claimed.

    The model has `claim` and `claimed_until`. Two callers never get the same row while a lease lasts. `related` is read
    along with the rows; many rows of one deployment share what is read of it once.
    """
    mark = uuid.uuid4()
    everything = due.model._default_manager
    with transaction.atomic():
        can_skip = connection.features.has_select_for_update_skip_locked
        wanted = due.filter(unclaimed())
        locked = wanted.select_for_update(skip_locked=True, of=("self",)) if can_skip else wanted
        pks = list(locked.values_list("pk", flat=True)[:n])
        claimed = pks and everything.filter(unclaimed(), pk__in=pks).update(
            claim=mark, claimed_until=Now() + lease(), **changes
        )
    if not claimed:
        return []
    rows = everything.filter(pk__in=pks, claim=mark)
    return list(rows.select_related(*related) if n == 1 and related else rows.prefetch_related(*related))


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
    if not held.update(claimed_until=Now() + (beyond + lease())):
        raise LeaseLost


def move(
    rows: QuerySet[Any] | models.Manager[Any], pks: Iterable[Any], to: str, only_from: Iterable[str], **changes: Any
) -> int:
    """Move rows to a status, only from the ones named; give how many moved."""
    return rows.filter(pk__in=list(pks), status__in=list(only_from)).update(status=to, **changes)


class EachItsOwn(Expression):
    """In an UPDATE of many rows, a value for each by its primary key: what Case says with hundreds of When.

    Django takes a millisecond a row to write that, which is as much as a call to AWS takes of the processor.
    """

    def __init__(self, values: dict[Any, Any], output_field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self._values = values

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """CASE key WHEN .. THEN .. END."""
        key = compiler.query.get_meta().pk
        assert key is not None  # noqa: S101 - every model of ours has one
        params = tuple(
            prepared
            for pk, value in self._values.items()
            for prepared in (
                key.get_db_prep_value(pk, connection),
                self.output_field.get_db_prep_save(value, connection),
            )
        )
        branches = " ".join(["WHEN %s THEN %s"] * len(self._values))
        return f"CASE {connection.ops.quote_name(str(key.column))} {branches} END", params
