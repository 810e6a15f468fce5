"""Rings a worker after a commit. Never fails, never delays: whatever goes wrong, a sweep finds the row."""

import threading
import time
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.pools import producers

log = structlog.get_logger(__name__)

MUTE_S = 0.5
# kombu would try to connect again and again, with pauses between.
_IMPATIENT = {"socket_timeout": MUTE_S, "socket_connect_timeout": MUTE_S, "max_retries": 1, "interval_start": 0}
QUIET_S = 5.0  # after a failure nobody is kept waiting for the same broker again for so long


class _Broker:
    """Remembers that the broker did not answer, and how often."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.failures = 0
        self.quiet_until = 0.0

    def is_quiet(self) -> bool:
        return time.monotonic() < self.quiet_until

    def failed(self) -> None:
        with self._lock:
            self.failures += 1
            self.quiet_until = time.monotonic() + QUIET_S


broker = _Broker()


def ring(task: Any) -> None:
    """Ask a worker, once the current transaction is committed, to run `task` (which takes no arguments)."""
    if settings.REDIS_URL:
        transaction.on_commit(lambda: _send(task), robust=True)


def _send(task: Any) -> None:
    if broker.is_quiet():
        return
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **_IMPATIENT}
    connection = current_app.connection_for_write(transport_options=options)
    try:
        with producers[connection].acquire(block=True, timeout=MUTE_S) as producer:
            task.apply_async(producer=producer, retry=False, expires=60)
    except Exception as error:
        broker.failed()
        log.warning("doorbell.failed", task=task.name, error=repr(error), failures=broker.failures)
