"""Sessions and clients: one client for each place, service and manner of calling, made behind a lock.

Retries belong to the call: READ for reads and for calls that carry a name or token (sent again without harm), ONCE for
whatever must not be sent twice. Every attempt waits for its turn in AWS's quotas (`buckets`).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.db import connection
from prometheus_client import Counter

from workflows.arns import account_of
from workflows.aws import buckets
from workflows.aws.errors import AwsError, Denied, Transient, Unknown, translate

log = structlog.get_logger(__name__)

Manner = Literal["READ", "ONCE"]
CONNECT_S = 5
READ_S = 10
ATTEMPTS = 5
SESSION = timedelta(hours=1)
RENEW_BEFORE = timedelta(minutes=5)
REFUSED_FOR_S = 1.0  # a role that was refused is not asked for again at once by every row of a batch
# Read at the port that a worker opens for Prometheus (SIGNALBOX_METRICS_PORT).
CALLS = Counter("signalbox_aws_calls", "Calls to AWS, by operation and by what came of it.", ["operation", "outcome"])
# What CloudTrail shows of who called; botocore's own would be put together anew, twice, at each call.
USER_AGENT = f"Signalbox Boto3/{boto3.__version__}"
POOL = 32  # connections a client keeps: more than any worker has threads


class InsideTransaction(RuntimeError):
    """A call to AWS was about to be made while a database transaction is open."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to call: no endpoint means AWS itself, no role the worker's own credentials."""

    environment: str
    region: str
    endpoint_url: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    session_name: str = "signalbox"
    account: str = ""  # where it is known; without a role it tells whose quotas are used


@dataclass(frozen=True, slots=True)
class _Session:
    """Credentials, until when they are good, and the clients made with them."""

    boto: boto3.Session
    until: datetime | None
    clients: dict[tuple[str, Manner, int], Any] = field(default_factory=dict)

    def is_good(self) -> bool:
        return self.until is None or self.until >= datetime.now(UTC) + RENEW_BEFORE


class _Sessions:
    """The sessions of one environment, made behind a lock of its own: a slow STS holds up no other environment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Target, _Session] = {}
        self._refused: dict[Target, tuple[float, AwsError]] = {}

    def client(self, target: Target, service: str, manner: Manner, read_s: int) -> Any:
        with self._lock:
            clients = self._session(target).clients
            key = (service, manner, read_s)
            if key not in clients:
                clients[key] = _make(self._known[target].boto, target, *key)
            return clients[key]

    def _session(self, target: Target) -> _Session:
        known = self._known.get(target)
        if known and known.is_good():
            return known
        self._known = {other: session for other, session in self._known.items() if session.is_good()}
        until, refusal = self._refused.get(target, (0.0, None))
        if refusal and time.monotonic() < until:
            raise refusal
        try:
            made = self._known[target] = _open(target)
        except AwsError as error:
            self._refused[target] = (time.monotonic() + REFUSED_FOR_S, error)
            raise
        return made


_environments: dict[str, _Sessions] = {}
_lock = threading.Lock()


def client(target: Target, service: str, manner: Manner = "READ", *, read_s: int = READ_S) -> Any:
    """The boto3 client of `service` there; the same one for all threads until its credentials run out.

    Raises Transient while the role cannot be assumed: whatever the client was wanted for was certainly not sent.
    """
    if not target.role_arn:
        target = Target(target.environment, target.region, target.endpoint_url, account=target.account)
    with _lock:
        sessions = _environments.setdefault(target.environment, _Sessions())
    return sessions.client(target, service, manner, read_s)


@contextmanager
def calling(operation: str) -> Iterator[None]:
    """Around every call: refuses inside a database transaction, and lets only our own errors out."""
    if connection.in_atomic_block:
        raise InsideTransaction(operation)
    try:
        yield
        CALLS.labels(operation, "ok").inc()
    except (ClientError, BotoCoreError) as error:
        ours = translate(error, operation)
        CALLS.labels(operation, ours.code).inc()
        log.info("aws.error", operation=operation, code=ours.code)
        raise ours from error
    except buckets.Rationed as error:
        CALLS.labels(operation, error.code).inc()
        raise


def pages(
    operation: str,
    call: Callable[..., Any],
    rows: str,
    *,
    mark: str = "nextToken",
    **arguments: Any,
) -> Iterator[list[Any]]:
    """The pages of a list call: the value of `rows` in each answer, until there is no `mark`."""
    while True:
        with calling(operation):
            answer = call(**arguments)
        yield answer[rows]
        if not answer.get(mark):
            return
        arguments[mark] = answer[mark]


def forget() -> None:
    """Drop every client, with the connections it keeps."""
    with _lock:
        _environments.clear()


def _make(session: boto3.Session, target: Target, service: str, manner: Manner, read_s: int) -> Any:
    config = Config(
        inject_host_prefix=False,  # the embedded AWS answers on one host
        connect_timeout=CONNECT_S,
        read_timeout=read_s,
        user_agent=USER_AGENT,
        max_pool_connections=POOL,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS if manner == "READ" else 1},
    )
    made = session.client(
        service,  # type: ignore[call-overload]
        region_name=target.region,
        endpoint_url=target.endpoint_url,
        config=config,
    )
    if target.endpoint_url is None:
        buckets.ration(made, account=_account_of(target), region=target.region)
    return made


def _open(target: Target) -> _Session:
    """The worker's own credentials, or those of the role assumed with them."""
    own = boto3.Session(region_name=target.region)
    if not target.role_arn:
        return _Session(own, None)
    assume: dict[str, Any] = {
        "RoleArn": target.role_arn,
        "RoleSessionName": _session_name(target.session_name),
        "DurationSeconds": int(SESSION.total_seconds()),
    }
    if target.external_id:
        assume["ExternalId"] = target.external_id
    sts = own.client(
        "sts", endpoint_url=target.endpoint_url, config=Config(connect_timeout=CONNECT_S, read_timeout=READ_S)
    )
    try:
        with calling("sts:AssumeRole"):
            given = sts.assume_role(**assume)["Credentials"]
    except (Unknown, Denied) as error:
        # Whatever the client was wanted for has certainly not been sent; and a role made or mended a moment ago is
        # refused for some seconds.
        raise Transient(error.code, error.message, error.operation) from error
    session = boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=target.region,
    )
    return _Session(session, given["Expiration"])


def _account_of(target: Target) -> str:
    """The account whose quotas are used: the role's, else the worker's own."""
    return account_of(target.role_arn or "") or target.account or "own"


def _session_name(name: str) -> str:
    """As STS takes it: 2 to 64 characters of its own alphabet."""
    return "".join(one if one.isascii() and (one.isalnum() or one in "+=,.@-") else "-" for one in name)[:64].ljust(
        2, "-"
    )
