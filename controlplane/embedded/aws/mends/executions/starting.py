"""Starting an execution: what AWS refuses, which version runs, the same answer to the same start; children."""

import json
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid, now_iso
from ministack.services import stepfunctions as sf

from . import lifecycle, requests
from .journal import UNTRUNCATED, Line, Run, write
from .language import ExecutionError
from .requests import Answering

LARGEST_INPUT_BYTES = 262_144


def apply() -> None:
    """Take over what starts executions."""
    sf._start_execution = start
    sf._start_sync_execution = requests.refusing(_ending_as_told(sf._start_sync_execution), _problem_of_sync_start)


def start(data: dict[str, Any]) -> Any:
    """StartExecution; the same name and input while it runs get the same answer, as on AWS."""
    arn, _, _mock = str(data.get("stateMachineArn", "")).partition("#")
    problem = _problem_of_start(data, arn)
    if problem:
        return problem
    source = requests.source(arn)
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
    lifecycle.begin(record)
    return json_response({"executionArn": record["executionArn"], "startDate": record["startDate"]})


def _problem_of_start(data: dict[str, Any], arn: str) -> Any:
    if not arn.startswith("arn:aws:states:"):
        return error_response_json("InvalidArn", f"Invalid Arn: '{arn}'", 400)
    problem = _input_problem(data.get("input", "{}"))
    if problem:
        return error_response_json("InvalidExecutionInput", problem, 400)
    return requests.problem_of_name(data)


def _problem_of_sync_start(data: dict[str, Any]) -> Any:
    arn = str(data.get("stateMachineArn", ""))
    machine = sf._state_machines.get(sf._resolve_state_machine_arn(arn))
    if machine is not None and machine.get("type", "STANDARD") != "EXPRESS":
        text = f"This operation is not supported by this type of state machine: '{arn}'"
        return error_response_json("StateMachineTypeNotSupported", text, 400)
    return _problem_of_start(data, arn)


def _ending_as_told(start_sync: Answering) -> Answering:
    """StartSyncExecution: an execution that did not succeed has no output, where ministack makes one up."""

    def answer_without_output(data: dict[str, Any]) -> Any:
        status, headers, body = start_sync(data)
        told = json.loads(body)
        if status == 200 and told["status"] != "SUCCEEDED":
            del told["output"], told["outputDetails"]
        return status, headers, json.dumps(told).encode()

    return answer_without_output


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


def start_nested(request: dict[str, Any]) -> Run:
    """Start a child for a task that waits for it; raises ExecutionError as the task would fail."""
    status, _, body = start(request)
    answer = json.loads(body)
    if status != 200:
        raise ExecutionError(f"StepFunctions.{answer['__type']}Exception", answer["message"])
    arn = answer["executionArn"]
    return lifecycle.runs.get(arn) or _finished(sf._executions[arn])


def _finished(record: dict[str, Any]) -> Run:
    run = Run(record, {})
    run.over.set()
    return run


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
    lifecycle.interpret(lifecycle.new_run(record), parent)
    return record


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
