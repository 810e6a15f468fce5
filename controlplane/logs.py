"""Lets Celery's processes log as Django's do: format and level are the settings', not Celery's own."""

import logging.config

from celery import signals
from django.conf import settings


def _configure(**_: object) -> None:
    logging.config.dictConfig(settings.LOGGING)


def begin_with_celery() -> None:
    """Let whatever process of Celery's this becomes log so."""
    signals.setup_logging.connect(_configure, weak=False)
