"""What only a worker knows, for Prometheus, on a port of its own: its calls to AWS, and the doorbells it hears.

It asks for no token, so the port has to stay inside the installation's network.
"""

from typing import Any

from celery import signals
from django.conf import settings
from prometheus_client import Counter, start_http_server

# Rounds do not count: a worker makes them because it hears nothing.
HEARD = Counter("signalbox_doorbells_heard", "Tasks that came through the broker.", ["task"])


def _open(**_: object) -> None:
    start_http_server(settings.METRICS_PORT)


def _hear(task: Any = None, **_: object) -> None:
    HEARD.labels(task.name).inc()


def begin_with_worker() -> None:
    """Let every worker of this installation answer at `SIGNALBOX_METRICS_PORT`, if there is one."""
    if settings.METRICS_PORT:
        signals.worker_init.connect(_open, weak=False)
        signals.task_prerun.connect(_hear, weak=False)
