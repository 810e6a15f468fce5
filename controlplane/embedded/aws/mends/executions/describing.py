"""What AWS says of machines and executions where ministack says less or otherwise; nothing here starts or ends one."""

import json
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import stepfunctions as sf

from workflows.asl.checker import check

from . import redriving
from .requests import Answering, problem_of_name, refusing, source

MOST_DIAGNOSTICS = 100


def apply() -> None:
    """Take over what describes and lists."""
    sf._describe_state_machine_for_execution = describe_machine
    sf._create_state_machine = refusing(sf._create_state_machine, problem_of_name)
    sf._publish_state_machine_version = _published_once(sf._publish_state_machine_version)
    sf._list_executions = refusing(_list_by_version(sf._list_executions), _problem_of_list)
    sf._create_activity = _made_once(sf._create_activity)
    sf._validate_state_machine_definition = validate
    sf._describe_execution = _with_redrive(sf._describe_execution)


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


def _problem_of_list(data: dict[str, Any]) -> Any:
    """ListExecutions of what is no machine, version or alias; ministack answers with an empty list."""
    arn = data.get("stateMachineArn")
    if not arn:
        return None
    if not arn.startswith("arn:aws:states:"):
        return error_response_json("InvalidArn", f"Invalid Arn: '{arn}'", 400)
    if source(arn) is None:
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


def _with_redrive(describe: Answering) -> Answering:
    """DescribeExecution, with version and alias, and whether it can be redriven."""

    def describe_with_redrive(data: dict[str, Any]) -> Any:
        status, headers, body = describe(data)
        record = sf._executions.get(data.get("executionArn", ""))
        if record is None:
            return status, headers, body
        names = ("redriveCount", "redriveDate", "stateMachineVersionArn", "stateMachineAliasArn")
        more = {name: record[name] for name in names if record.get(name) is not None}
        problem = redriving.problem_of(record)
        more["redriveStatus"] = "NOT_REDRIVABLE" if problem else "REDRIVABLE"
        if problem:
            more["redriveStatusReason"] = problem
        return json_response(json.loads(body) | more)

    return describe_with_redrive
