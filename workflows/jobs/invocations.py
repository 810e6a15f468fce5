"""Sends invocations, each exactly once, and writes down what came of them.

An invocation may last fifteen minutes: it waits on a thread of its own, so that the worker's tasks go on meanwhile.
What a worker took and never settled stays unknown: sending it again could run it twice.
"""

import json
import threading
from typing import Any

import structlog
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from workflows import inputs, reports
from workflows.aws import errors, lambda_
from workflows.claims import LeaseLost, claim_due, extend, release
from workflows.jobs.targets import note_reached, note_unreachable, target_of
from workflows.models import FunctionRevision, Invocation
from workflows.policies import ALIAS

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 16  # of one worker process
ADVICE = {
    errors.Transient: "Nothing was run: run it again.",
    errors.Denied: "Nothing was run. Give the environment's role the permission lambda:InvokeFunction for it.",
    errors.NotFound: "It is not in AWS any more: deploy it again.",
    errors.Unknown: "It may have run, or may be running still: look at its log before you run it again.",
}

THROTTLED = "AWS throttled it: it takes no more of these calls just now. Nothing was run: run it again in a moment."
THROTTLED_BY = {
    "ReservedFunctionConcurrentInvocationLimitExceeded": (
        "AWS throttled it: as many runs of the function as its reserved concurrency allows are under way. "
        "Nothing was run: run it again when one is over, or deploy it with more reserved."
    ),
    "ConcurrentInvocationLimitExceeded": (
        "AWS throttled it: as many functions as the account may run at once are under way. "
        "Nothing was run: run it again in a moment."
    ),
}
STOPPED = (
    "AWS throttled it: its reserved concurrency of 0 stops the function. "
    "Nothing was run: deploy it with another, or with none, then run it again."
)

_under_way: set[int] = set()


def drain() -> int:
    """Send whatever is due, as far as there is room; give how many are being sent."""
    _give_up_lapsed()
    now = timezone.now()
    due = Invocation.objects.filter(status="requested", next_attempt_at__lte=now).order_by("next_attempt_at")
    rows = claim_due(due, max(0, MOST_AT_ONCE - len(_under_way)), status="running", started_at=now)
    for row in rows:
        _under_way.add(row.pk)
        threading.Thread(target=_carry_out, args=(row,), name=f"invocation {row.pk}", daemon=True).start()
    return len(rows)


def _give_up_lapsed() -> None:
    """Those whose worker is gone; whether AWS ran them nobody here will ever know."""
    why = "The worker ended before AWS answered. " + ADVICE[errors.Unknown]
    Invocation.objects.filter(status="running", claimed_until__lte=Now()).update(
        **over("unknown", error=_error("WorkerGone", why)), claim=None, claimed_until=None
    )


def _carry_out(claimed: Invocation) -> None:
    try:
        row = Invocation.objects.select_related("environment", "requested_by", "deployment__function_revision").defer(
            "deployment__function_revision__package"
        )
        _send(row.get(pk=claimed.pk))
    except LeaseLost:
        log.warning("invocation.lease_lost", invocation=claimed.pk)
    except Exception:
        log.exception("invocation.failed", invocation=claimed.pk)  # its lease runs out: it becomes unknown
    finally:
        _under_way.discard(claimed.pk)
        connection.close()


def _send(row: Invocation) -> None:
    revision = row.deployment.function_revision
    assert revision is not None  # noqa: S101 - of a function, by constraint
    extend(row, row.limit)
    try:
        came = lambda_.invoke(
            target_of(row.environment, by=row.requested_by),
            _called(row, revision),
            row.payload,
            wait_s=row.limit_s,
            asynchronously=row.type == Invocation.Type.EVENT,
        )
    except errors.Unknown as error:
        release(row, **over("unknown", error=refused(error, revision)))
    except errors.AwsError as error:
        if isinstance(error, errors.Transient) and not isinstance(error, errors.Throttled):
            note_unreachable(row.environment, str(error))
        release(row, **over("failed", error=refused(error, revision)))
    else:
        note_reached([row.environment])
        release(row, **came_to(came, row, revision))


def _called(row: Invocation, revision: FunctionRevision) -> str:
    """The version that was live when it was asked for; what is queued goes by the alias, which has the destination."""
    deployment = row.deployment
    if row.type == Invocation.Type.EVENT and revision.on_failure_arn:
        return f"{deployment.resource_arn}:{ALIAS}"
    return deployment.version_arn or deployment.resource_arn


def came_to(came: lambda_.Invocation, row: Invocation, revision: FunctionRevision) -> dict[str, Any]:
    """What is written down of an answer."""
    payload = _json(came.payload)
    ended = over("failed", error=payload) if came.function_error else over("succeeded", result=payload)
    if row.type == Invocation.Type.EVENT:
        return {**ended, "result": None, "request_id": came.request_id}
    report = reports.read(came.log_tail)
    return {
        **ended,
        "request_id": came.request_id,
        "log_tail": came.log_tail.replace("\0", "\ufffd"),
        "duration_ms": report.duration_ms,
        "billed_ms": report.billed_ms,
        "init_ms": report.init_ms,
        "memory_size_mb": report.memory_size_mb or revision.memory_mb,
        "memory_mb": report.memory_mb,
    }


def over(status: str, **more: Any) -> dict[str, Any]:
    """What is written down of one that is over."""
    return {"status": status, "finished_at": timezone.now(), "next_attempt_at": None, **more}


def _json(payload: str) -> str:
    """The answer as it came; as a JSON string where it is not JSON that others could read."""
    try:
        inputs.read(payload)
    except inputs.InputProblem:
        return json.dumps(payload)
    return payload


def refused(error: errors.AwsError, revision: FunctionRevision) -> str:
    """What AWS said in place of an answer, and what it means."""
    return _error(error.code, f"{error.message} {_advice(error, revision)}".strip())


def _advice(error: errors.AwsError, revision: FunctionRevision) -> str:
    if isinstance(error, errors.Throttled):
        is_stopped = revision.concurrency == 0 and error.reason.startswith("ReservedFunction")
        return STOPPED if is_stopped else THROTTLED_BY.get(error.reason, THROTTLED)
    return next((text for kind, text in ADVICE.items() if isinstance(error, kind)), "Nothing was run.")


def _error(kind: str, message: str) -> str:
    """In the form in which Lambda tells of a function's own errors."""
    return json.dumps({"errorType": kind, "errorMessage": message})
