"""Difference: ministack counts only what comes through Invoke, nothing of Step Functions, and loses concurrent points.

On AWS every invocation, whatever asked for it, is in AWS/Lambda, and every execution in AWS/States.
"""

import threading
from typing import Any

from ministack.services import cloudwatch, lambda_svc

_lock = threading.Lock()


def apply() -> None:
    """Count at the points every invocation passes; ministack's own counting goes."""
    lambda_svc._emit_lambda_metrics = lambda *args, **kwargs: None
    acquire = lambda_svc._acquire_execution_slot

    def acquire_and_count(func: dict[str, Any], config: dict[str, Any]) -> Any:
        slot, limit = acquire(func, config)
        if slot is None:
            _record("AWS/Lambda", {"FunctionName": config.get("FunctionName", "")}, Throttles=1)
        return slot, limit

    lambda_svc._acquire_execution_slot = acquire_and_count


def record_invocation(function_name: str, *, failed: bool, duration_ms: float, concurrent: int) -> None:
    """One invocation that ran, and how many of the function ran at its end."""
    dimensions = {"FunctionName": function_name}
    _record("AWS/Lambda", dimensions, Invocations=1, Errors=int(failed), Throttles=0)
    _record("AWS/Lambda", dimensions, ConcurrentExecutions=concurrent)
    _record("AWS/Lambda", dimensions, unit="Milliseconds", Duration=duration_ms)


def record_start(state_machine_arn: str) -> None:
    """One execution that began."""
    _record("AWS/States", {"StateMachineArn": state_machine_arn}, ExecutionsStarted=1)


def record_end(state_machine_arn: str, status: str, duration_ms: float) -> None:
    """One execution that ended; `status` as in DescribeExecution."""
    name = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}[status]
    dimensions = {"StateMachineArn": state_machine_arn}
    _record("AWS/States", dimensions, **{f"Executions{name}": 1})  # type: ignore[arg-type]
    _record("AWS/States", dimensions, unit="Milliseconds", ExecutionTime=duration_ms)


def _record(namespace: str, dimensions: dict[str, str], *, unit: str = "Count", **values: float) -> None:
    with _lock:
        for name, value in values.items():
            cloudwatch.record_metric(namespace, name, value, unit, dimensions)
