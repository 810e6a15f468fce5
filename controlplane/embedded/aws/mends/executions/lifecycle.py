"""The life of an execution: started once, of the version asked for; ended by itself, time or hand; redriven."""

import contextvars
import functools
import json
import logging
import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ministack.core import persistence
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid, now_iso
from ministack.services import stepfunctions as sf

from workflows.asl.checker import check

from .. import metrics
from . import containers, ledger
from .journal import LONGEST_HISTORY, UNTRUNCATED, Details, Line, OverError, Run, failed, write
from .language import ExecutionError
from .states import run_states

logger = logging.getLogger("signalbox.embedded_aws")

MOST_DIAGNOSTICS = 100
LARGEST_INPUT_BYTES = 262_144
HISTORY_FULL = f"The execution reached the maximum number of history events ({LONGEST_HISTORY})."
REDRIVABLE = {"FAILED", "TIMED_OUT", "ABORTED"}
_ENDINGS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}

# 1 to 80 characters, none of those that AWS lists.
_NAME = re.compile(r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}""")
Answering = Callable[[dict[str, Any]], Any]

# Executions at work in this process, by ARN; what is not here is only a record.
_runs: dict[str, Run] = {}
parse = json.loads


def apply() -> None:
    """Take over what begins, ends and describes executions."""
    containers.apply()
    sf._start_execution = start
    sf._stop_execution = stop
    sf._run_execution = _run_recorded
    sf._describe_state_machine_for_execution = describe_machine
    sf._start_sync_execution = _refusing(_ending_as_told(sf._start_sync_execution), _problem_of_sync_start)
    sf._create_state_machine = _refusing(sf._create_state_machine, _problem_of_name)
    sf._publish_state_machine_version = _published_once(sf._publish_state_machine_version)
    sf._list_executions = _refusing(_list_by_version(sf._list_executions), _problem_of_list)
    sf._create_activity = _made_once(sf._create_activity)
    sf._validate_state_machine_definition = validate
    sf._delete_state_machine = _ending_its_runs(sf._delete_state_machine)
    _describe_more()
    _answer_redrive()


def validate(data: dict[str, Any]) -> Any:
    """ValidateStateMachineDefinition, by our own checks; ministack calls everything OK."""
    problems = check(str(data.get("definition", "")), str(data.get("type") or "STANDARD"))
    if data.get("severity") != "WARNING":
        problems = tuple(problem for problem in problems if problem.is_error)
    diagnostics = [
        {
            "severity": problem.severity.upper(),
            "code": "SCHEMA_VALIDATION_FAILED" if problem.is_error else problem.code,
            "message": problem.message,
            "location": problem.path,
        }
        for problem in problems[: int(data.get("maxResults") or MOST_DIAGNOSTICS)]
    ]
    result = "FAIL" if any(problem.is_error for problem in problems) else "OK"
    truncated = len(diagnostics) < len(problems)
    return json_response({"result": result, "diagnostics": diagnostics, "truncated": truncated})


def _refusing(handle: Answering, problem_of: Answering) -> Answering:
    """The request as ministack handles it, unless there is a problem."""
    return lambda data: problem_of(data) or handle(data)


def _ending_its_runs(delete: Answering) -> Answering:
    """DeleteStateMachine: what runs of it does nothing more, and no record of it comes back."""

    def delete_and_end(data: dict[str, Any]) -> Any:
        arn = data.get("stateMachineArn")
        answer = delete(data)
        for run in list(_runs.values()):
            if run.record["stateMachineArn"] == arn:
                end(run, "ABORTED", 0, {})
        if answer[0] == 200 and persistence.PERSIST_STATE:
            ledger.rewrite()
        return answer

    return delete_and_end


def _problem_of_name(data: dict[str, Any]) -> Any:
    """InvalidName, if a name is given that AWS does not take."""
    name = data.get("name")
    if name is None or (isinstance(name, str) and _NAME.fullmatch(name)):
        return None
    return error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)


def _problem_of_list(data: dict[str, Any]) -> Any:
    """ListExecutions of what is no machine, version or alias; ministack answers with an empty list."""
    arn = data.get("stateMachineArn")
    if not arn:
        return None
    if not arn.startswith("arn:aws:states:"):
        return error_response_json("InvalidArn", f"Invalid Arn: '{arn}'", 400)
    if _source(arn) is None:
        return error_response_json("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", 400)
    return None


def _made_once(create: Answering) -> Answering:
    """CreateActivity of a name that is there already answers with that activity."""

    def create_or_find(data: dict[str, Any]) -> Any:
        arn = f"arn:aws:states:{get_region()}:{get_account_id()}:activity:{data.get('name')}"
        made = sf._activities.get(arn)
        if made is None:
            return create(data)
        return json_response({"activityArn": arn, "creationDate": made["creationDate"]})

    return create_or_find


def _ending_as_told(start_sync: Answering) -> Answering:
    """StartSyncExecution: an execution that did not succeed has no output, where ministack makes one up."""

    def answer_without_output(data: dict[str, Any]) -> Any:
        status, headers, body = start_sync(data)
        told = json.loads(body)
        if status == 200 and told["status"] != "SUCCEEDED":
            del told["output"], told["outputDetails"]
        return status, headers, json.dumps(told).encode()

    return answer_without_output


# ---- starting


def start(data: dict[str, Any]) -> Any:
    """StartExecution; the same name and input while it runs get the same answer, as on AWS."""
    arn, _, _mock = str(data.get("stateMachineArn", "")).partition("#")
    problem = _problem_of_start(data, arn)
    if problem:
        return problem
    source = _source(arn)
    if source is None:
        return error_response_json("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", 400)
    text, name = data.get("input", "{}"), data.get("name") or new_uuid()
    record = _record(source, name, text)
    existing = sf._executions.get(record["executionArn"])
    if existing is not None:
        same = existing["status"] == "RUNNING" and existing["input"] == text
        if same and existing["stateMachineArn"] == record["stateMachineArn"]:
            return json_response({"executionArn": existing["executionArn"], "startDate": existing["startDate"]})
        message = f"Execution Already Exists: '{record['executionArn']}'"
        return error_response_json("ExecutionAlreadyExists", message, 400)
    _begin(record)
    return json_response({"executionArn": record["executionArn"], "startDate": record["startDate"]})


def _problem_of_start(data: dict[str, Any], arn: str) -> Any:
    if not arn.startswith("arn:aws:states:"):
        return error_response_json("InvalidArn", f"Invalid Arn: '{arn}'", 400)
    problem = _input_problem(data.get("input", "{}"))
    if problem:
        return error_response_json("InvalidExecutionInput", problem, 400)
    return _problem_of_name(data)


def _problem_of_sync_start(data: dict[str, Any]) -> Any:
    arn = str(data.get("stateMachineArn", ""))
    machine = sf._state_machines.get(sf._resolve_state_machine_arn(arn))
    if machine is not None and machine.get("type", "STANDARD") != "EXPRESS":
        text = f"This operation is not supported by this type of state machine: '{arn}'"
        return error_response_json("StateMachineTypeNotSupported", text, 400)
    return _problem_of_start(data, arn)


def start_nested(request: dict[str, Any]) -> Run:
    """Start a child for a task that waits for it; raises ExecutionError as the task would fail."""
    status, _, body = start(request)
    answer = json.loads(body)
    if status != 200:
        raise ExecutionError(f"StepFunctions.{answer['__type']}Exception", answer["message"])
    arn = answer["executionArn"]
    return _runs.get(arn) or _finished(sf._executions[arn])


def _finished(record: dict[str, Any]) -> Run:
    run = Run(record, {})
    run.over.set()
    return run


def _source(arn: str) -> dict[str, Any] | None:
    """What runs for a machine, version or alias ARN: definition and role as published, and the ARNs asked for."""
    machine_arn = sf._resolve_state_machine_arn(arn)
    machine = sf._state_machines.get(machine_arn) if machine_arn else None
    if machine is None:
        return None
    version_arn = sf._execution_version_arn(arn)
    version = sf._state_machine_versions.get(version_arn) or {}
    return {
        "machine": machine,
        "definition": version.get("definition") or machine["definition"],
        "roleArn": version.get("roleArn") or machine["roleArn"],
        "encryption": version.get("encryptionConfiguration") or machine.get("encryptionConfiguration"),
        "stateMachineVersionArn": version_arn,
        "stateMachineAliasArn": arn if arn in sf._state_machine_aliases else None,
    }


def _input_problem(text: str) -> str | None:
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_INPUT_BYTES:
        return "Invalid State Machine Execution Input: the input exceeds 262144 bytes"
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return f"Invalid State Machine Execution Input: '{error}'"
    return None


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _record(source: dict[str, Any], name: str, text: str) -> dict[str, Any]:
    """A new execution in the form of ministack's records."""
    machine = source["machine"]
    started = {"input": text, "inputDetails": UNTRUNCATED, "roleArn": source["roleArn"]}
    asked = {key: source[key] for key in ("stateMachineVersionArn", "stateMachineAliasArn") if source[key]}
    moment = now_iso()
    event = {"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": moment}
    return {
        "executionArn": f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine['name']}:{name}",
        "stateMachineArn": machine["stateMachineArn"],
        "name": name,
        "status": "RUNNING",
        "startDate": moment,
        "stopDate": None,
        "input": text,
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": {"included": True},
        "testCase": "",
        "mockAttempts": {},
        "encryptionConfiguration": source["encryption"] or sf._default_encryption(),
        "definition": source["definition"],
        "roleArn": source["roleArn"],
        "redriveCount": 0,
        **asked,
        "events": [{**event, "executionStartedEventDetails": started | asked}],
    }


@functools.lru_cache(maxsize=64)
def _parse_definition(text: str) -> dict[str, Any]:
    """Shared between executions: nothing may change it."""
    return dict(json.loads(text))


def _begin(record: dict[str, Any], resumed: dict[str, Any] | None = None) -> Run:
    """Interpret in a thread of its own, in the account and region of the request."""
    run = _new_run(record, resumed)
    threading.Thread(target=contextvars.copy_context().run, args=(_interpret, run), daemon=True).start()
    return run


def _new_run(record: dict[str, Any], resumed: dict[str, Any] | None = None) -> Run:
    run = Run(record, _parse_definition(record["definition"]), dict(resumed or {}))
    sf._executions[record["executionArn"]] = record
    _runs[record["executionArn"]] = run
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
    _interpret(_new_run(record))


# ---- running


def _interpret(run: Run, parent: Line | None = None) -> None:
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
    _runs.pop(record["executionArn"], None)
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
    run = _runs.get(arn)
    if run is not None:
        end(run, "ABORTED", 0, failed(data.get("error"), data.get("cause")))
    return json_response({"stopDate": record["stopDate"]})


def run_child(parent: Line, processor: dict[str, Any], value: Any, map_run: dict[str, Any]) -> dict[str, Any]:
    """Run one item of a distributed Map as an execution of its own; its record, ended."""
    arn = map_run["_stateMachineArn"]
    language = {key: parent.run.definition[key] for key in ("QueryLanguage",) if key in parent.run.definition}
    source = {
        "machine": {"name": arn.rsplit(":", 1)[-1], "stateMachineArn": arn},
        "definition": write(language | processor),
        "roleArn": parent.run.record["roleArn"],
        "encryption": parent.run.record.get("encryptionConfiguration"),
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
    }
    record = _record(source, new_uuid(), write(value)) | {"mapRunArn": map_run["mapRunArn"]}
    _interpret(_new_run(record), parent)
    return record


# ---- describing


def _published_once(publish: Answering) -> Answering:
    """PublishStateMachineVersion; what is published already gives the version it has, as on AWS."""

    def publish_once(data: dict[str, Any]) -> Any:
        arn = data.get("stateMachineArn")
        machine = sf._state_machines.get(arn) or {}
        revision, wanted = machine.get("revisionId"), data.get("revisionId")
        known = [one for one in sf._state_machine_versions.values() if one["stateMachineArn"] == arn]
        latest = max(known, key=lambda one: int(one["stateMachineVersionArn"].rsplit(":", 1)[-1]), default=None)
        if not latest or not revision or latest["stateMachineRevisionId"] != revision or wanted not in (None, revision):
            return publish(data)
        return json_response({name: latest[name] for name in ("stateMachineVersionArn", "creationDate")})

    return publish_once


def _list_by_version(list_executions: Answering) -> Answering:
    """ListExecutions, of a version or an alias too, with the version each execution ran."""
    asked_by = {"stateMachineVersionArn": "_state_machine_versions", "stateMachineAliasArn": "_state_machine_aliases"}

    def list_more(data: dict[str, Any]) -> Any:
        arn = data.get("stateMachineArn")
        field = next((name for name, known in asked_by.items() if arn in getattr(sf, known)), None)
        if field is None:
            status, headers, body = list_executions(data)
        else:
            status, headers, body = _list_those(list_executions, data, field)
        told = json.loads(body)
        for item in told.get("executions", ()):
            record = sf._executions.get(item["executionArn"]) or {}
            item.update({name: record[name] for name in asked_by if record.get(name)})
        return status, headers, json.dumps(told).encode()

    return list_more


def _list_those(list_executions: Answering, data: dict[str, Any], field: str) -> Any:
    """The pages of the machine, less what did not run the version or alias: a page may be short, as on AWS."""
    arn = data["stateMachineArn"]
    status, headers, body = list_executions(data | {"stateMachineArn": sf._resolve_state_machine_arn(arn)})
    told = json.loads(body)
    if status == 200:
        ran = [one for one in told["executions"] if sf._executions[one["executionArn"]].get(field) == arn]
        told["executions"] = ran
    return status, headers, json.dumps(told).encode()


def describe_machine(data: dict[str, Any]) -> Any:
    """DescribeStateMachineForExecution: what the execution ran, whatever the machine is by now."""
    arn = data.get("executionArn", "")
    record = sf._executions.get(arn)
    if record is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    machine = sf._state_machines.get(record["stateMachineArn"]) or {}
    definition = record.get("definition") or machine.get("definition")
    if definition is None:
        return error_response_json("StateMachineDoesNotExist", "State Machine Does Not Exist", 400)
    answer = {
        "stateMachineArn": record["stateMachineArn"],
        "name": record["stateMachineArn"].rsplit(":", 1)[-1],
        "definition": definition,
        "roleArn": record.get("roleArn") or machine.get("roleArn"),
        "updateDate": machine.get("creationDate", record["startDate"]),
        "encryptionConfiguration": record.get("encryptionConfiguration") or sf._default_encryption(),
    }
    if machine.get("revisionId"):
        answer["revisionId"] = machine["revisionId"]
    return json_response(answer)


def _describe_more() -> None:
    describe = sf._describe_execution

    def describe_with_redrive(data: dict[str, Any]) -> Any:
        status, headers, body = describe(data)
        record = sf._executions.get(data.get("executionArn", ""))
        if record is None:
            return status, headers, body
        names = ("redriveCount", "redriveDate", "stateMachineVersionArn", "stateMachineAliasArn")
        more = {name: record[name] for name in names if record.get(name) is not None}
        problem = _problem_of_redrive(record)
        more["redriveStatus"] = "NOT_REDRIVABLE" if problem else "REDRIVABLE"
        if problem:
            more["redriveStatusReason"] = problem
        return json_response(json.loads(body) | more)

    sf._describe_execution = describe_with_redrive


# ---- redriving


def _answer_redrive() -> None:
    """RedriveExecution, which ministack does not know."""
    handle = sf.handle_request

    async def handle_with_redrive(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return sf._finalize_response(redrive(json.loads(body)))
        return await handle(method, path, headers, body, query)

    sf.handle_request = handle_with_redrive


def _problem_of_redrive(record: dict[str, Any]) -> str | None:
    """Why an execution cannot be redriven; None if it can."""
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
    problem = _problem_of_redrive(record)
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
    _begin(record, dict(record["progress"]))
    return json_response({"redriveDate": record["redriveDate"]})
