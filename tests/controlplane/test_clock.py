"""Beat keeps a queue that no worker reads from filling the broker; a broker that is full is said to be."""

import pytest
import redis
from celery import Celery
from django.conf import LazySettings
from django.test import Client

from controlplane import schedule
from controlplane.clock import Clock, app, shorten
from tests.fixtures_broker import run_valkey


def queued(address: str, doorbells: int) -> Celery:
    """An app on that broker, with so many waiting for fast workers."""
    on = Celery("test", broker=address.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host="))
    on.conf.task_routes = schedule.ROUTES
    for _ in range(doorbells):
        on.send_task("transactions.tasks.start")
    return on


def test_beat_runs_by_this_clock() -> None:
    assert app.conf.beat_scheduler == "controlplane.clock:Clock"
    assert Clock.__mro__[1].__name__ == "PersistentScheduler"


def test_a_queue_that_nobody_reads_is_emptied_when_it_is_long() -> None:
    with run_valkey() as address, redis.Redis.from_url(address) as broker:
        on = queued(address, 25)
        shorten(on, most=25)
        assert broker.llen("fast") == 25
        shorten(on, most=24)
        assert (broker.llen("fast"), broker.llen("slow")) == (0, 0)


@pytest.mark.django_db
def test_a_full_broker_is_said_to_take_nothing_and_is_emptied_all_the_same(
    client: Client, settings: LazySettings
) -> None:
    with run_valkey() as address, redis.Redis.from_url(address) as broker:
        on = queued(address, 5)
        settings.REDIS_URL = address
        assert client.get("/readyz").json()["broker"] == "ok"
        broker.config_set("maxmemory", "1mb")
        assert client.get("/readyz").json()["broker"] == "refuses writes"
        shorten(on, most=4)
        assert broker.llen("fast") == 0
