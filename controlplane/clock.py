"""The Celery app of beat, which needs the schedule and the broker: without tasks, tables or the rest of Django."""

import os

from celery import Celery

from controlplane import logs, schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")

app = Celery("signalbox", fixups=[])
# Now, while the folder it was started in is where modules are looked for.
app.config_from_object("django.conf:settings", force=True, namespace="CELERY")
app.conf.task_routes = schedule.ROUTES
app.conf.beat_schedule = schedule.SCHEDULE
logs.begin_with_celery()
