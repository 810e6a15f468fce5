"""Bounds how often something is done: a bucket of tokens a name, in Redis where there is one, else in this process.

When Redis does not answer, this process counts by itself for a while: a limit must never be what stops the API.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

BURST_S = 10  # so many seconds' worth may come at once
REDIS_S = 0.2
QUIET_S = 5.0
MOST_NAMES = 10_000
# The bucket is kept as the time at which it will be full again (GCRA): one number, set only if the call is let through.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + ARGV[1]
local wait = full_at - now - ARGV[2]
if wait > 0 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'EX', math.ceil(full_at - now) + 1)
return '0'
"""


@dataclass(slots=True)
class _InProcess:
    """The same bucket for this process alone."""

    full_at: dict[str, float]
    lock: threading.Lock

    def wait(self, name: str, interval: float, burst: float) -> float:
        now = time.monotonic()
        with self.lock:
            full_at = max(self.full_at.get(name, 0.0), now) + interval
            wait = full_at - now - burst
            if wait > 0:
                return wait
            if len(self.full_at) >= MOST_NAMES:
                self.full_at = {one: at for one, at in self.full_at.items() if at > now}
            self.full_at[name] = full_at
            return 0.0


_here = _InProcess({}, threading.Lock())
_quiet_until = 0.0


def seconds_to_wait(name: str, per_second: float) -> float:
    """0 when `name` may go on now (which counts), else how long until it may. `per_second` 0 is no limit."""
    if not per_second:
        return 0.0
    interval, burst = 1 / per_second, max(BURST_S, 1 / per_second)
    if settings.REDIS_URL and time.monotonic() >= _quiet_until:
        try:
            return float(_script()(keys=[f"signalbox:rate:{name}"], args=[interval, burst]))
        except redis.RedisError as error:
            _be_quiet(error)
    return _here.wait(name, interval, burst)


def _be_quiet(error: Exception) -> None:
    global _quiet_until  # noqa: PLW0603 - remembered by the process
    _quiet_until = time.monotonic() + QUIET_S
    log.warning("rates.redis_failed", error=repr(error))


@cache
def _script() -> Callable[..., bytes]:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S, retry=Retry(NoBackoff(), 1)
    )
    script: Callable[..., bytes] = client.register_script(_SCRIPT)
    return script
