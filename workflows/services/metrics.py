"""Asks for the metric series of a page. Only writes rows; a worker reads CloudWatch."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from workflows import tasks
from workflows.doorbell import ring
from workflows.models import Environment, MetricSet
from workflows.ranges import Span

KEPT = timedelta(seconds=60)  # AWS is asked no more often, however many look


def ask(environment: Environment, kind: str, name: str, span: Span) -> MetricSet:
    """The series as last read, shared by everybody; when they are old, a worker is asked to read them again."""
    row, _ = MetricSet.objects.get_or_create(
        environment=environment,
        kind=kind,
        name=name,
        range_s=int(span.range.length.total_seconds()),
        period_s=span.period_s,
    )
    now = timezone.now()
    if row.asked_at and now - row.asked_at < KEPT:
        return row
    is_old = Q(asked_at__isnull=True) | Q(asked_at__lte=now - KEPT)
    # Nothing got updated: another viewer asked first.
    if MetricSet.objects.filter(is_old, pk=row.pk, next_read_at__isnull=True).update(next_read_at=now):
        ring(tasks.read_metrics)
    row.next_read_at = now
    return row
