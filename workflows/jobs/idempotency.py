"""Does away with idempotency keys when they have been kept long enough."""

from django.utils import timezone

from workflows.jobs.forgetting import forget
from workflows.models import IdempotencyKey
from workflows.services.idempotency import KEPT


def forget_old() -> int:
    """Give how many are gone."""
    return forget(IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT))
