"""READS of hooks and deliveries: what the log is filtered by, its pages by cursor, one delivery with its tries.

Ids sort by the time they were made, so the id is both the cursor and what times are compared with. Nothing is written.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from transactions import payloads
from transactions.models import Attempt, Delivery, Hook
from transactions.models.hooks import FAILED, MANAGE_HOOKS, MISSED, MOST_MISSED, RETRIED
from transactions.selectors import BadCursor, first_id
from transactions.statuses import DELIVERY_TOLD, FAILING
from workflows import moments, permissions
from workflows.inputs import FieldProblem

PAGE = 50
MOST_COUNTED = 10_000
LATE = timedelta(seconds=2)  # what is due for longer is held up by something
CURSOR = "cursor"
Row = TypeVar("Row", Delivery, Hook)
FILTERS = ("hook", "status", "event", "transaction", "since", "until")
# What the statuses stand for that are told apart and are one in the table.
OPEN = {"pending": Q(status="pending", tries=0), FAILING.value: RETRIED}
HOOK_STATUSES = ("unverified", "live", FAILING.value, "off")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the log shows: whatever fits all that is set."""

    hook: uuid.UUID | None = None
    status: str = ""
    event: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some deliveries or hooks, newest first, and the cursor of the older ones."""

    results: list[Row]
    next: str | None


def parse(params: Mapping[str, str], *, besides: Collection[str] = ()) -> tuple[Filters, tuple[FieldProblem, ...]]:
    """The filters a query string asks for, and what is wrong with it by the parameter's name. Empty is absent."""
    problems: list[FieldProblem] = []
    given = {name: value for name, value in params.items() if value and name not in besides}
    status = given.get("status", "")
    if status and status not in DELIVERY_TOLD:
        problems.append(FieldProblem("status", f"There are {', '.join(DELIVERY_TOLD)}."))
    event = given.get("event", "")
    if event and event not in (*payloads.EVENTS, payloads.PING):
        problems.append(FieldProblem("event", f"There are {', '.join((*payloads.EVENTS, payloads.PING))}."))
    filters = Filters(
        hook=_id(given, "hook", problems),
        status=status,
        event=event,
        subject=str(_id(given, "transaction", problems) or ""),
        since=_time(given, "since", problems),
        until=_time(given, "until", problems),
    )
    problems += [FieldProblem(name[:60], "There is no such filter.") for name in given if name not in FILTERS]
    return filters, tuple(problems)


def _time(given: Mapping[str, str], name: str, problems: list[FieldProblem]) -> datetime | None:
    if name not in given:
        return None
    try:
        return moments.read(given[name])
    except ValueError:
        problems.append(FieldProblem(name, "This is no time as ISO 8601 writes it, such as 2026-11-24T09:30:00Z."))
        return None


def _id(given: Mapping[str, str], name: str, problems: list[FieldProblem]) -> uuid.UUID | None:
    if name not in given:
        return None
    try:
        return uuid.UUID(given[name])
    except ValueError:
        problems.append(FieldProblem(name, "This is no id."))
        return None


def find(filters: Filters) -> QuerySet[Delivery]:
    """The deliveries that fit, newest first."""
    wanted = Q()
    if filters.hook:
        wanted &= Q(hook=filters.hook)
    if filters.status:
        wanted &= OPEN.get(filters.status, Q(status=filters.status))
    if filters.event:
        wanted &= Q(kind=filters.event)
    if filters.subject:
        wanted &= Q(subject=filters.subject)
    if filters.since:
        wanted &= Q(pk__gte=first_id(filters.since))
    if filters.until:
        wanted &= Q(pk__lt=first_id(filters.until))
    return Delivery.objects.filter(wanted).select_related("hook").order_by("-pk")


def page(rows: QuerySet[Row], cursor: str = "", limit: int = PAGE) -> Page[Row]:
    """The `limit` rows older than the one the cursor names. Raises BadCursor."""
    if cursor:
        try:
            rows = rows.filter(pk__lt=uuid.UUID(cursor))
        except ValueError as error:
            raise BadCursor(cursor) from error
    found = list(rows[: limit + 1])
    return Page(found[:limit], str(found[limit - 1].pk) if len(found) > limit else None)


def get(pk: uuid.UUID, among: QuerySet[Delivery] | None = None) -> Delivery | None:
    """One delivery with its tries; of those `among` which it must be, if that is given."""
    rows = Delivery.objects.all() if among is None else among
    related = rows.select_related("hook__workflow", "hook__environment").prefetch_related("tried")
    return related.filter(pk=pk).first()


def of_subject(subject: str, most: int = 200) -> list[Delivery]:
    """What was told of one thing, oldest first."""
    return list(Delivery.objects.filter(subject=subject).select_related("hook").order_by("pk")[:most])


# ---- hooks


def hooks() -> QuerySet[Hook]:
    """All but the deleted, newest first, with what names them, and whether their makers may still manage hooks."""
    rows = Hook.objects.exclude(status="deleted").select_related("workflow", "environment", "created_by")
    return rows.annotate(is_orphaned=permissions.lacks(MANAGE_HOOKS, "created_by"))


def hook_problems(params: Mapping[str, str], *, besides: Collection[str] = ()) -> tuple[FieldProblem, ...]:
    """What is wrong with the filters of a list of hooks, by the parameter's name. Empty is absent."""
    given = {name: value for name, value in params.items() if value and name not in besides}
    problems = [FieldProblem(name[:60], "There is no such filter.") for name in given if name != "status"]
    if given.get("status", "live") not in HOOK_STATUSES:
        problems.append(FieldProblem("status", f"There are {', '.join(HOOK_STATUSES)}."))
    return tuple(problems)


def hooks_of(status: str) -> QuerySet[Hook]:
    """Those of one status, all for none; `failing` are those that nothing reaches now, live or not verified yet."""
    if status == FAILING.value:
        return hooks().filter(failing_since__isnull=False).exclude(status="off")
    return hooks().filter(status=status) if status else hooks()


def hook(pk: uuid.UUID) -> Hook | None:
    """One that was not deleted."""
    return hooks().filter(pk=pk).first()


def newest(hook: Hook) -> Delivery | None:
    """What it is told last."""
    return Delivery.objects.filter(hook=hook).order_by("-pk").first()


def last_attempt(hook: Hook) -> Attempt | None:
    """The newest try of anything sent to it."""
    return Attempt.objects.filter(delivery__hook=hook).order_by("-at").first()


@dataclass(frozen=True, slots=True)
class Failed:
    """What a hook was not told (yet): how many facts, `is_more` than were counted, and when the first was told.

    `missed` of them while it was off or not verified; `is_full` when no more of those are kept.
    """

    count: int
    is_more: bool
    first_at: datetime
    missed: int = 0
    is_full: bool = False


def failed(hook: Hook) -> Failed | None:
    """What could be sent again; None where nothing failed."""
    rows = Delivery.objects.filter(FAILED | MISSED, hook=hook, fact__isnull=False)
    first_at = rows.order_by("pk").values_list("created_at", flat=True).first()
    if first_at is None:
        return None
    count = rows.order_by()[: MOST_COUNTED + 1].count()
    missed = Delivery.objects.filter(MISSED, hook=hook).count()
    return Failed(min(count, MOST_COUNTED), count > MOST_COUNTED, first_at, missed, missed >= MOST_MISSED)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a receiver: so many (`is_more` than were counted) behind so many that are `under_way`."""

    waiting: int
    is_more: bool
    under_way: int


def backlog(hook: Hook) -> Backlog | None:
    """What has been due for a while and is held up by what is being sent; None where nothing is."""
    pending = Delivery.objects.filter(hook=hook, status="pending").order_by()
    # What one lane claimed bears one mark, and is sent one after the other.
    lanes = pending.filter(claimed_until__gt=Now()).aggregate(count=Count("claim", distinct=True))["count"]
    if not lanes:
        return None
    late = pending.filter(next_attempt_at__lte=timezone.now() - LATE)[: MOST_COUNTED + 1].count()
    if late <= lanes:
        return None
    return Backlog(min(late - lanes, MOST_COUNTED), late > MOST_COUNTED, lanes)


def trouble() -> list[Hook]:
    """The hooks that are off though nobody switched them off, or that nothing reaches now."""
    disabled = Q(status="off", off_since__isnull=False) & ~Q(problem__startswith="Switched off by ")
    unreached = Q(failing_since__isnull=False) & ~Q(status="off")
    return list(hooks().filter(disabled | unreached)[:20])
