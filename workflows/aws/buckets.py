"""Keeps within AWS's quotas: a token bucket for each account, region and API, shared by all workers through Redis.

Every attempt of every call takes a token before it is signed, and waits for it if need be. A bucket is empty at first,
since nobody knows what was asked a moment ago. While Redis is away each process goes on with a share of its own.
"""

import threading
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings

from workflows.aws.errors import Throttled

log = structlog.get_logger(__name__)

LONGEST_S = 5.0  # well below a lease
ANSWER_S = 0.5  # how long Redis may take
QUIET_S = 5.0  # after a failure Redis is not asked again for so long
SHARE = 0.25  # of a quota, for a process that cannot ask what the others take
# Of a quota, in the long run: at its very rate AWS's own bucket stays empty, and calls that come a little unevenly are
# throttled.
PACE = 0.98


class Rationed(Throttled):
    """Not sent: more of these calls are waiting already than AWS takes in `LONGEST_S`."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What AWS allows: `refill` calls a second in the long run, `size` at once after a rest."""

    name: str
    refill: float
    size: float


# As in the three regions with the larger quotas; elsewhere they are about half of it.
LARGE_REGIONS = {"us-east-1", "us-west-2", "eu-west-1"}
STATES = {
    "StartExecution": (300, 1_300),
    "StopExecution": (200, 1_000),
    "DescribeExecution": (15, 300),
    "GetExecutionHistory": (20, 400),
    "ListExecutions": (5, 200),
    "DescribeStateMachine": (20, 200),
    "ListStateMachines": (5, 100),
}
STATES_OTHERS = (1, 100)  # create, update, publish, tag, and what reads versions, aliases and tags: each by itself
LAMBDA_CHANGES = (15, 15)  # all calls of Lambda together that neither get nor invoke


def quota_of(service: str, operation: str, region: str) -> Quota | None:
    """The quota a call counts against, by botocore's own words for service and operation; None where there is none."""
    if service == "sfn":
        refill, size = STATES.get(operation, STATES_OTHERS)
        part = 1.0 if region in LARGE_REGIONS or refill == 1 else 0.5
        return Quota(operation, refill * part, size * part)
    if service == "lambda" and not operation.startswith(("Get", "Invoke")):
        return Quota("lambda", *LAMBDA_CHANGES)
    return None


def ration(client: Any, *, account: str, region: str) -> None:
    """Let every attempt of every call of a boto3 client wait for its turn. Such a call may raise Rationed."""
    service = client.meta.service_model.service_id.hyphenize()

    def await_turn(operation_name: str, **_: Any) -> None:
        quota = quota_of(service, operation_name, region)
        if quota:
            _await(f"signalbox:bucket:{account}:{region}:{quota.name}", quota)

    client.meta.events.register_first(f"request-created.{service}", await_turn)


def _await(key: str, quota: Quota) -> None:
    wait = _buckets().take(key, replace(quota, refill=quota.refill * PACE))
    if wait > LONGEST_S:
        raise Rationed("Rationed", f"AWS takes {quota.refill:g} {quota.name} calls a second, and more are waiting.")
    time.sleep(wait)


class _Local:
    """The buckets of this process alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str, quota: Quota) -> float:
        with self._lock:
            now = time.monotonic()
            left, at = self._left.get(key, (0.0, now))
            left = min(quota.size, left + (now - at) * quota.refill)
            wait = max(0.0, (1 - left) / quota.refill)
            if wait <= LONGEST_S:
                self._left[key] = (left - 1, now)
            return wait


class _Shared:
    """The buckets in Redis, by its clock; without Redis, a share of them in this process."""

    # A token may be taken before it is there: whoever takes it waits until it is, so that nobody is passed over.
    SCRIPT = """
        local refill, size, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local time, known = redis.call('TIME'), redis.call('HMGET', KEYS[1], 'left', 'at')
        local now = time[1] + time[2] / 1000000
        local left, at = tonumber(known[1]) or 0, tonumber(known[2]) or now
        left = math.min(size, left + math.max(0, now - at) * refill)
        local wait = math.max(0, (1 - left) / refill)
        if wait <= longest then
            redis.call('HSET', KEYS[1], 'left', left - 1, 'at', string.format('%.6f', now))
            redis.call('EXPIRE', KEYS[1], math.ceil(size / refill + longest))
        end
        return string.format('%.6f', wait)
    """

    def __init__(self, address: str) -> None:
        self._local = _Local()
        self._quiet_until = 0.0
        self._take = None
        if address:
            waits = {"socket_timeout": ANSWER_S, "socket_connect_timeout": ANSWER_S, "retry": None}
            self._take = redis.Redis.from_url(address, **waits).register_script(self.SCRIPT)

    def take(self, key: str, quota: Quota) -> float:
        """Take a token; give the seconds until it is there. More than `LONGEST_S`: none was taken."""
        if self._take and time.monotonic() >= self._quiet_until:
            try:
                return float(self._take([key], [quota.refill, quota.size, LONGEST_S]))
            except redis.RedisError as error:
                self._quiet_until = time.monotonic() + QUIET_S
                log.warning("buckets.alone", error=repr(error))
        return self._local.take(key, Quota(quota.name, quota.refill * SHARE, max(1.0, quota.size * SHARE)))


@cache
def _shared(address: str) -> _Shared:
    return _Shared(address)


def _buckets() -> _Shared:
    return _shared(settings.REDIS_URL)
