"""The Celery app of beat, which needs the schedule and the broker: without tasks, tables or the rest of Django."""

import logging.config
import os

from celery import Celery, signals
from django.conf import settings

from controlplane import schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")

app = Celery("signalbox", fixups=[])
# Now, while the folder it was started in is where modules are looked for.
app.config_from_object("django.conf:settings", force=True, namespace="CELERY")
app.conf.task_routes = schedule.ROUTES
app.conf.beat_schedule = schedule.SCHEDULE


@signals.setup_logging.connect
def log_as_the_others(**_: object) -> None:
    """In the format of every other process, which Django would see to."""
    logging.config.dictConfig(settings.LOGGING)
