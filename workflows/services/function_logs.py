"""Asks for the lines of a function's log. Only writes rows; a worker reads CloudWatch when somebody looks."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from workflows import tasks
from workflows.doorbell import ring
from workflows.models import Environment, Function, LogSearch

EVERY = timedelta(seconds=2)  # AWS is asked no more often for the same, however many look
RANGES = {"15m": ("15 minutes", 900), "1h": ("1 hour", 3_600), "24h": ("24 hours", 86_400), "7d": ("7 days", 604_800)}
USUAL = "1h"


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for; `range` is one of RANGES."""

    range: str = USUAL
    text: str = ""
    request_id: str = ""


def ask(environment: Environment, function: Function, search: Search) -> LogSearch:
    """The lines as last read, shared by everybody; when they are old, a worker is asked to read them again."""
    row = find(environment, function, search)
    now = timezone.now()
    is_old = Q(read_at__isnull=True) | Q(read_at__lte=now - EVERY)
    if LogSearch.objects.filter(is_old, pk=row.pk, next_read_at=None).update(next_read_at=now, asked_at=now):
        ring(tasks.read_function_logs)
        row.next_read_at = now
    return row


def find(environment: Environment, function: Function, search: Search) -> LogSearch:
    """The same, without asking for newer ones."""
    row, _ = LogSearch.objects.get_or_create(
        environment=environment,
        function=function,
        range_s=RANGES[search.range][1],
        text=search.text[:200],
        request_id=search.request_id[:64],
    )
    return row
