"""The Celery app of whoever rings or works. When what is rung is said in `schedule`; the process that does: `clock`."""

import os

from celery import Celery, signals
from django_structlog.celery.steps import DjangoStructLogInitStep

from controlplane import logs, rounds, schedule, stopping, worker_metrics
from controlplane.postgresql import patience

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
# Django's checks load every page and operation; a worker serves none of them, and starts in half the time without.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("signalbox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["workflows", "transactions"])

app.conf.task_routes = schedule.ROUTES
app.conf.beat_schedule = schedule.SCHEDULE

app.steps["worker"].add(DjangoStructLogInitStep)
signals.worker_init.connect(lambda **_: patience.limit(times=3), weak=False)
logs.begin_with_celery()
rounds.begin_with_worker()
stopping.begin_with_worker()
worker_metrics.begin_with_worker()
