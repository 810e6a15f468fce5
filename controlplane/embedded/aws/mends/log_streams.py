"""Difference: ministack writes the log of each invocation to a stream of its own, with a name that nobody knows before.

On AWS a stream is one execution environment's, and its handlers are told the name.
"""

import contextvars
import time
from typing import Any

from ministack.services import cloudwatch_logs, lambda_svc

# The stream of the worker that served the invocation of this context.
_stream: contextvars.ContextVar[str] = contextvars.ContextVar("log_stream", default="")


def apply() -> None:
    """Write where the worker says, if a worker was there."""
    emit = lambda_svc._emit_lambda_logs

    def emit_to_stream(func: dict[str, Any], request_id: str, text: str, *rest: Any, **named: Any) -> None:
        stream = _stream.get()
        _stream.set("")
        if stream and text:
            _write(func.get("config") or func, stream, text)
        else:
            emit(func, request_id, text, *rest, **named)

    lambda_svc._emit_lambda_logs = emit_to_stream


def use(worker: Any) -> None:
    """The log of this context's invocation belongs to `worker`."""
    _stream.set(getattr(worker, "log_stream", ""))


def _write(config: dict[str, Any], stream: str, text: str) -> None:
    name = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    now = int(time.time() * 1000)
    group = cloudwatch_logs._log_groups.get(name)
    if group is None:
        group = cloudwatch_logs._log_groups[name] = {
            "arn": cloudwatch_logs._make_group_arn(name), "creationTime": now, "retentionInDays": None, "tags": {},
            "subscriptionFilters": {}, "streams": {},
        }  # fmt: skip
    written = group["streams"].setdefault(stream, {
        "events": [], "uploadSequenceToken": "1", "creationTime": now, "firstEventTimestamp": None,
        "lastEventTimestamp": None, "lastIngestionTime": None,
    })  # fmt: skip
    lines = [{"timestamp": now, "message": line} for line in text.split("\n")]
    cloudwatch_logs._append_log_events(written, [line | {"ingestionTime": now} for line in lines])
    cloudwatch_logs._fanout_to_subscription_filters(name, stream, lines)
