"""Forgets files that somebody gave and did not take: they hold code and variables. What was taken stays listed."""

from datetime import timedelta

from django.utils import timezone

from workflows.jobs.forgetting import forget
from workflows.models import TemplateImport

KEPT = timedelta(days=1)


def forget_old() -> int:
    """Do away with what nobody took for a day; give how many are gone."""
    return forget(TemplateImport.objects.filter(taken_at=None, created_at__lt=timezone.now() - KEPT))
