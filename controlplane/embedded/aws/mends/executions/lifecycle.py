"""The life of an execution once its record is made: run in a thread, ended by itself, time or hand."""

import contextvars
import functools
import json
import logging
import threading
from datetime import datetime
from typing import Any

from ministack.core import persistence
from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as sf

from .. import metrics
from . import ledger
from .journal import LONGEST_HISTORY, UNTRUNCATED, Details, Line, OverError, Run, failed
from .language import ExecutionError
from .requests import Answering
from .states import run_states

logger = logging.getLogger("signalbox.embedded_aws")

HISTORY_FULL = f"The execution reached the maximum number of history events ({LONGEST_HISTORY})."
_ENDINGS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}

# Executions at work in this process, by ARN; what is not here is only a record.
runs: dict[str, Run] = {}


def apply() -> None:
    """Take over what runs, stops and deletes."""
    sf._stop_execution = stop
    sf._run_execution = _run_recorded
    sf._delete_state_machine = _ending_its_runs(sf._delete_state_machine)


def begin(record: dict[str, Any], resumed: dict[str, Any] | None = None) -> Run:
    """Interpret in a thread of its own, in the account and region of the request."""
    run = new_run(record, resumed)
    threading.Thread(target=contextvars.copy_context().run, args=(interpret, run), daemon=True).start()
    return run


def new_run(record: dict[str, Any], resumed: dict[str, Any] | None = None) -> Run:
    run = Run(record, _parse_definition(record["definition"]), dict(resumed or {}), told=ledger.keep_event)
    sf._executions[record["executionArn"]] = record
    runs[record["executionArn"]] = run
    if resumed is None:
        metrics.record_start(record["stateMachineArn"])
    ledger.keep(record)
    sf._emit_execution_status_event(record)
    return run


def _run_recorded(arn: str) -> None:
    """ministack's StartSyncExecution makes its own record and has it run to its end here."""
    record = sf._executions[arn]
    record.setdefault("definition", sf._state_machines[record["stateMachineArn"]]["definition"])
    record.setdefault("roleArn", sf._state_machines[record["stateMachineArn"]]["roleArn"])
    interpret(new_run(record))


@functools.lru_cache(maxsize=64)
def _parse_definition(text: str) -> dict[str, Any]:
    """Shared between executions: nothing may change it."""
    return dict(json.loads(text))


def interpret(run: Run, parent: Line | None = None) -> None:
    """Run to the end. `parent` is the iteration of a distributed Map whose child this is."""
    record, definition = run.record, run.definition
    line = Line(run, "", {}, _context(run), previous=len(record["events"]) if run.resumed else 0)
    if parent is not None:
        line.outer, line.variables = parent, dict(parent.variables)
        line.context["Map"] = parent.context["Map"]
    timer = _start_timer(run)
    try:
        output = run_states(line, definition["States"], definition["StartAt"], run.input)
    except OverError:
        if run.is_full:
            end(run, "FAILED", line.previous, failed("States.Runtime", HISTORY_FULL))
        end(run, "ABORTED", 0, {})
    except ExecutionError as error:
        end(run, "FAILED", line.previous, failed(error.error, error.cause))
    except Exception as error:
        logger.exception("execution %s", record["executionArn"])
        end(run, "FAILED", line.previous, failed("States.Runtime", str(error)))
    else:
        end(run, "SUCCEEDED", line.previous, {"output": run.write(output), "outputDetails": UNTRUNCATED})
    finally:
        if timer is not None:
            timer.cancel()


def _context(run: Run) -> dict[str, Any]:
    record = run.record
    name = record["stateMachineArn"].rsplit(":", 1)[-1]
    execution = {
        "Id": record["executionArn"],
        "Input": run.input,
        "Name": record["name"],
        "RoleArn": record["roleArn"],
        "StartTime": record["startDate"],
        "RedriveCount": record.get("redriveCount", 0),
    }
    return {"Execution": execution, "StateMachine": {"Id": record["stateMachineArn"], "Name": name}}


def _start_timer(run: Run) -> threading.Timer | None:
    """TimeoutSeconds of the machine, which ministack never looks at."""
    seconds = run.definition.get("TimeoutSeconds")
    if seconds is None:
        return None
    ending = functools.partial(end, run, "TIMED_OUT", 0, failed("States.Timeout", None))
    timer = threading.Timer(seconds, contextvars.copy_context().run, (ending,))
    timer.daemon = True
    timer.start()
    return timer


def end(run: Run, status: str, previous: int, details: Details) -> None:
    """End an execution once; who comes second changes nothing."""
    record = run.record
    with run.lock:
        if run.over.is_set():
            return
        record.update(status=status, stopDate=now_iso(), output=details.get("output"))
        record.update({name: details[name] for name in ("error", "cause") if name in details})
        if status == "SUCCEEDED":
            record.pop("progress", None)
        run.append(_ENDINGS[status], previous, details)
        run.over.set()
    ledger.keep(record)
    runs.pop(record["executionArn"], None)
    metrics.record_end(
        record["stateMachineArn"], status, (_seconds(record["stopDate"]) - _seconds(record["startDate"])) * 1000
    )
    sf._emit_execution_status_event(record)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def stop(data: dict[str, Any]) -> Any:
    """StopExecution."""
    arn = data.get("executionArn", "")
    record = sf._executions.get(arn)
    if record is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    run = runs.get(arn)
    if run is not None:
        end(run, "ABORTED", 0, failed(data.get("error"), data.get("cause")))
    return json_response({"stopDate": record["stopDate"]})


def _ending_its_runs(delete: Answering) -> Answering:
    """DeleteStateMachine: what runs of it does nothing more, and no record of it comes back."""

    def delete_and_end(data: dict[str, Any]) -> Any:
        arn = data.get("stateMachineArn")
        answer = delete(data)
        for run in list(runs.values()):
            if run.record["stateMachineArn"] == arn:
                end(run, "ABORTED", 0, {})
        if answer[0] == 200 and persistence.PERSIST_STATE:
            ledger.rewrite()
        return answer

    return delete_and_end
