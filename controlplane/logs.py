"""How lines are logged: Celery's processes as Django's, and a database that is away in one line and not in a stack."""

import logging.config
import sys
from typing import Any

from django.conf import settings
from django.db.utils import InterfaceError, OperationalError
from structlog import DropEvent
from structlog.typing import EventDict

PROBES = frozenset({"GET /healthz", "GET /readyz", "GET /metrics"})


def without_probes(_: Any, __: str, event: EventDict) -> EventDict:
    """A processor: what asks every few seconds how this process is, and is answered, is not worth a line."""
    if event.get("request") in PROBES and event.get("code", 200) == 200:
        raise DropEvent
    return event


def without_stack(_: Any, __: str, event: EventDict) -> EventDict:
    """A processor: while the database is away all requests and tasks fail alike, and a stack tells nothing of why."""
    given = event.get("exc_info")
    raised = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(raised, OperationalError | InterfaceError):
        event["exc_info"] = None
        event["error"] = str(raised).strip()
    return event


def _configure(**_: object) -> None:
    logging.config.dictConfig(settings.LOGGING)


def begin_with_celery() -> None:
    """Let whatever process of Celery's this becomes log as the others do, not as Celery would."""
    from celery import signals

    signals.setup_logging.connect(_configure, weak=False)
