"""RedriveExecution, which ministack does not know: the same execution goes on where it did not succeed."""

import json
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as sf

from . import ledger, lifecycle

REDRIVABLE = {"FAILED", "TIMED_OUT", "ABORTED"}


def apply() -> None:
    """Answer RedriveExecution."""
    handle = sf.handle_request

    async def handle_with_redrive(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return sf._finalize_response(redrive(json.loads(body)))
        return await handle(method, path, headers, body, query)

    sf.handle_request = handle_with_redrive


def problem_of(record: dict[str, Any]) -> str | None:
    """Why an execution cannot be redriven; None if it can."""
    if record.get("error") == ledger.INTERRUPTED:
        return "The embedded AWS was stopped while it ran and does not know where it stood: run it again instead"
    if record["status"] not in REDRIVABLE or "progress" not in record:
        return f"Execution is {record['status']} and cannot be redriven"
    runs = [run for run in sf._map_runs._data.values() if run["executionArn"] == record["executionArn"]]
    if any(run["status"] != "SUCCEEDED" for run in runs):
        # On AWS only the children that failed would run again; here all of them would.
        return "The embedded AWS cannot redrive a distributed Map: run it again instead"
    return None


def redrive(data: dict[str, Any]) -> Any:
    """RedriveExecution: the same execution goes on at the states that did not succeed, with the input they had."""
    arn = data.get("executionArn", "")
    record = sf._executions.get(arn)
    if record is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    problem = problem_of(record)
    if problem:
        return error_response_json("ExecutionNotRedrivable", problem, 400)
    record.update(status="RUNNING", stopDate=None, redriveDate=now_iso(), redriveCount=record["redriveCount"] + 1)
    record.pop("error", None)
    record.pop("cause", None)
    event = {
        "id": len(record["events"]) + 1,
        "previousEventId": record["events"][-1]["id"],
        "type": "ExecutionRedriven",
    }
    event["timestamp"] = record["redriveDate"]
    event["executionRedrivenEventDetails"] = {"redriveCount": record["redriveCount"]}
    record["events"].append(event)
    lifecycle.begin(record, dict(record["progress"]))
    return json_response({"redriveDate": record["redriveDate"]})
