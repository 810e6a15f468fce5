"""Ends a worker that was told to stop and cannot: a mute broker would be waited for much longer than anybody waits.

What it held is in rows, whose leases end; so leaving is as safe as being killed.
"""

import os
import threading

import structlog
from celery import signals

log = structlog.get_logger(__name__)

PATIENCE_S = 25.0  # whoever stops a worker kills it after 30 s


def _give_up() -> None:
    log.warning("worker.stopped_hard", after_s=PATIENCE_S)
    os._exit(1)


def _begin(**_: object) -> None:
    timer = threading.Timer(PATIENCE_S, _give_up)
    timer.daemon = True
    timer.start()


def begin_with_worker() -> None:
    """Let every worker be gone when `PATIENCE_S` have passed since it was told to stop."""
    signals.worker_shutting_down.connect(_begin, weak=False)
