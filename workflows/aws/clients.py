"""Sessions and clients: one client for each place, service and manner of calling, made behind a lock.

Retries belong to the call: READ for reads and for calls that carry a name or token (sent again without harm), ONCE for
whatever must not be sent twice.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.db import connection
from prometheus_client import Counter

from workflows.aws.errors import Transient, Unknown, translate

log = structlog.get_logger(__name__)

Manner = Literal["READ", "ONCE"]
CONNECT_S = 5
READ_S = 10
ATTEMPTS = 5
SESSION = timedelta(hours=1)
RENEW_BEFORE = timedelta(minutes=5)
# Read at the port that a worker opens for Prometheus (SIGNALBOX_METRICS_PORT).
CALLS = Counter("signalbox_aws_calls", "Calls to AWS, by operation and by what came of it.", ["operation", "outcome"])
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


@dataclass(frozen=True, slots=True)
class _Kept:
    client: Any
    until: datetime | None


_clients: dict[tuple[Target, str, Manner, int], _Kept] = {}
_lock = threading.Lock()


def client(target: Target, service: str, manner: Manner = "READ", *, read_s: int = READ_S) -> Any:
    """The boto3 client of `service` there; the same one for all threads until its credentials run out."""
    if not target.role_arn:
        target = Target(target.environment, target.region, target.endpoint_url)
    key = (target, service, manner, read_s)
    with _lock:
        kept = _clients.get(key)
        if kept is None or (kept.until and kept.until < datetime.now(UTC) + RENEW_BEFORE):
            kept = _clients[key] = _make(target, service, manner, read_s)
    return kept.client


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
        _clients.clear()


def _make(target: Target, service: str, manner: Manner, read_s: int) -> _Kept:
    config = Config(
        inject_host_prefix=False,  # the embedded AWS answers on one host
        connect_timeout=CONNECT_S,
        read_timeout=read_s,
        max_pool_connections=POOL,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS if manner == "READ" else 1},
    )
    session, until = _session(target)
    made = session.client(
        service,  # type: ignore[call-overload]
        region_name=target.region,
        endpoint_url=target.endpoint_url,
        config=config,
    )
    return _Kept(made, until)


def _session(target: Target) -> tuple[boto3.Session, datetime | None]:
    """The worker's own credentials, or those of the role assumed with them."""
    own = boto3.Session(region_name=target.region)
    if not target.role_arn:
        return own, None
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
    except Unknown as error:
        # Whatever the client was wanted for has certainly not been sent.
        raise Transient(error.code, error.message, error.operation) from error
    session = boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=target.region,
    )
    return session, given["Expiration"]


def _session_name(name: str) -> str:
    """As STS takes it: 2 to 64 characters of its own alphabet."""
    return "".join(one if one.isascii() and (one.isalnum() or one in "+=,.@-") else "-" for one in name)[:64].ljust(
        2, "-"
    )
