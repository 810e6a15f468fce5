"""Whether this process is alive, and whether it can serve. Open to everyone, so it tells states and no details."""

from functools import cache as once

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

BROKER_S = 0.5
PROBE, PROBE_S = "signalbox:probe", 60  # answering is not enough: a full one takes nothing
REMEMBERED_S = 10
_AWAY = "broker-is-away"


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all; asks nothing of anything else."""
    return JsonResponse({"status": "alive"})


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and has every migration, else 503.

    The broker's state is told beside it: without a broker transactions are still accepted, and started by a sweep.
    """
    database = _database()
    is_ready = database == "ok"
    answer = {"status": "ready" if is_ready else "not ready", "database": database, "broker": _broker()}
    return JsonResponse(answer, status=200 if is_ready else 503)


def _database() -> str:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return "unreachable"
    return "ok" if _migrations() <= applied.keys() else "not migrated"


@once
def _migrations() -> frozenset[tuple[str, str]]:
    """Every migration of the code this process runs, as (app, name)."""
    return frozenset(MigrationLoader(None).disk_migrations)


def is_broker_away() -> bool:
    """Whether there is a broker and it takes nothing; remembered for ten seconds, for a mute one is waited for."""
    known: bool | None = cache.get(_AWAY)
    if known is None:
        known = _broker() in ("unreachable", "refuses writes")
        cache.set(_AWAY, known, REMEMBERED_S)
    return known


def _broker() -> str:
    if not settings.REDIS_URL:
        return "not configured"
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=BROKER_S,
            socket_connect_timeout=BROKER_S,
            retry=Retry(NoBackoff(), 0),
        ) as broker:
            broker.set(PROBE, 1, ex=PROBE_S)
    except redis.ResponseError:
        return "refuses writes"  # it is full
    except redis.RedisError:
        return "unreachable"
    return "ok"
