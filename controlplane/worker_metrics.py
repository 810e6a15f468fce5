"""What only a worker knows, for Prometheus, on a port of its own: its calls to AWS.

It asks for no token, so the port has to stay inside the installation's network.
"""

from celery import signals
from django.conf import settings


def _open(**_: object) -> None:
    from prometheus_client import start_http_server

    start_http_server(settings.METRICS_PORT)


def begin_with_worker() -> None:
    """Let every worker of this installation answer at `SIGNALBOX_METRICS_PORT`, if there is one."""
    if settings.METRICS_PORT:
        signals.worker_init.connect(_open, weak=False)
