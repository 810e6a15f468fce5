"""The Celery app of beat, which needs the schedule and the broker: without tasks, tables or the rest of Django.

It keeps queues short too: a queue that no worker reads would grow until the broker is full. Doorbells say nothing that
rows do not know, so they may be forgotten.
"""

import os
import time
from typing import Any

import structlog
from celery import Celery
from celery.beat import PersistentScheduler

from controlplane import logs, schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")

log = structlog.get_logger(__name__)

MOST_WAITING = 10_000
EVERY_S = 30.0


class Clock(PersistentScheduler):
    """Beat's own, which empties a queue that nobody reads."""

    _looked_at = float("-inf")

    def tick(self, *args: Any, **named: Any) -> Any:
        """Ring for what is due; give the seconds until the next of it."""
        if time.monotonic() - self._looked_at >= EVERY_S:
            self._looked_at = time.monotonic()
            try:
                shorten(self.app)
            except Exception as error:
                log.warning("queues.not_looked_at", error=repr(error))
        return super().tick(*args, **named)


def shorten(app: Celery, most: int = MOST_WAITING) -> None:
    """Empty each queue in which more doorbells wait than any worker would answer. Raises what the broker raises."""
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        for queue in {route["queue"] for route in schedule.ROUTES.values()}:
            waiting = channel.queue_declare(queue).message_count
            if waiting > most:
                channel.queue_purge(queue)
                log.warning("queue.emptied", queue=queue, waiting=waiting)


app = Celery("signalbox", fixups=[])
# Now, while the folder it was started in is where modules are looked for.
app.config_from_object("django.conf:settings", force=True, namespace="CELERY")
app.conf.task_routes = schedule.ROUTES
app.conf.beat_schedule = schedule.SCHEDULE
app.conf.beat_scheduler = "controlplane.clock:Clock"
logs.begin_with_celery()
