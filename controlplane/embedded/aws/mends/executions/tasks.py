"""Task states: calls of functions, activities and service integrations, with the events AWS writes for each."""

import contextvars
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import error_response_json, get_region, new_uuid
from ministack.services import lambda_svc
from ministack.services import stepfunctions as sf

from .. import invocations, workers
from .journal import UNTRUNCATED, Details, Line, failed, write
from .language import (
    ExecutionError,
    State,
    assign,
    check_size,
    evaluate,
    fill,
    input_of,
    is_jsonata,
    mend_intrinsics,
    mend_jsonata,
    output_of,
    place,
)
from .retries import run_with_retries
from .states import Step, next_of, path_or_field, register

INTEGRATION = "arn:aws:states:::"
CALLBACK = ".waitForTaskToken"
INVOKE = f"{INTEGRATION}lambda:invoke"
# Integrations whose result carries what is known of the request; ministack leaves it out.
TOLD_OF_HTTP = tuple(f"{INTEGRATION}{service}:" for service in ("dynamodb", "events", "sns", "sqs"))
# As `new_uuid` makes them.
_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# How often a line that waits for somebody outside looks whether its execution still goes on.
SECONDS_BETWEEN_LOOKS = 0.5


def apply() -> None:
    """Make Task states known, and let activities tell which worker took them."""
    register("Task", run_task)
    mend_intrinsics()
    mend_jsonata()
    get_task = sf._get_activity_task

    async def get_task_and_tell(data: Any) -> Any:
        answer = await get_task(data)
        task = sf._task_tokens.get(json.loads(answer[2] or b"{}").get("taskToken"))
        if task is not None:
            task["worker"] = data.get("workerName")
            task["started"].set()
        return answer

    sf._get_activity_task = get_task_and_tell
    for name in ("_send_task_success", "_send_task_failure", "_send_task_heartbeat"):
        setattr(sf, name, _answering_as_aws(getattr(sf, name)))


def _answering_as_aws(handle: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """SendTask..., refusing what is no JSON or no token; a token that has had its time is told from one of nobody."""

    def answer(data: dict[str, Any]) -> Any:
        token = str(data.get("taskToken", ""))
        if token not in sf._task_tokens:
            if _TOKEN.fullmatch(token):
                text = "Task Timed Out: 'Provided task does not exist anymore'"
                return error_response_json("TaskTimedOut", text, 400)
            return error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)
        try:
            json.loads(data.get("output", "{}"))
        except (ValueError, RecursionError) as error:
            return error_response_json("InvalidOutput", f"Invalid Output: '{error}'", 400)
        return handle(data)

    return answer


@dataclass(frozen=True)
class Call:
    """One attempt at a task: what its events are called, what they carry, how long it may take."""

    prefix: str
    labels: Details
    resource: str
    arguments: Any
    timeout: float | None
    heartbeat: float | None
    token: str

    @property
    def calls_function(self) -> bool:
        """Whether it is a function, and not a service, that does the work."""
        return self.prefix == "LambdaFunction" or self.resource.startswith(INVOKE)

    @property
    def limits(self) -> Details:
        """The limits as the Scheduled event names them."""
        named = (("timeoutInSeconds", self.timeout), ("heartbeatInSeconds", self.heartbeat))
        return {name: int(seconds) for name, seconds in named if seconds is not None}


def run_task(line: Line, state: State, data: Any) -> Step:
    """Task, with its Retry and Catch."""

    def attempt() -> Step:
        call = _prepare(line, state, data)
        return finish(line, state, data, _make(line, call))

    return run_with_retries(line, state, data, attempt)


def finish(line: Line, state: State, data: Any, result: Any) -> Step:
    """The end of a state that has a result: Task, Parallel, Map."""
    if is_jsonata(state, line):
        output = evaluate(state["Output"], "Output", data, line, result=result) if "Output" in state else result
        return Step(output, next_of(state), assign(state, data, line, jsonata=True, result=result))
    assigned = assign(state, result, line, jsonata=False)  # of what came, not of what ResultSelector makes of it
    selected = fill(state["ResultSelector"], result, line) if "ResultSelector" in state else result
    return Step(output_of(state, place(state, data, selected, line), line), next_of(state), assigned)


def arguments_of(line: Line, state: State, data: Any) -> Any:
    """What the state hands to what it calls."""
    if is_jsonata(state, line):
        return evaluate(state["Arguments"], "Arguments", data, line) if "Arguments" in state else data
    effective = input_of(state, data, line)
    return fill(state["Parameters"], effective, line) if "Parameters" in state else effective


# ---- one attempt


def _prepare(line: Line, state: State, data: Any) -> Call:
    resource, token = state["Resource"], new_uuid()
    line.context.pop("Task", None)
    if resource.endswith(CALLBACK):
        line.context["Task"] = {"Token": token}
    prefix, labels = _family(resource)
    arguments = arguments_of(line, state, data)
    effective = data if is_jsonata(state, line) else input_of(state, data, line)
    timeout = path_or_field(line, state, "TimeoutSeconds", effective)
    heartbeat = path_or_field(line, state, "HeartbeatSeconds", effective)
    return Call(prefix, labels, resource, arguments, timeout, heartbeat, token)


def _family(resource: str) -> tuple[str, Details]:
    if resource.startswith(INTEGRATION):
        service, _, action = resource.removeprefix(INTEGRATION).partition(":")
        if service == "aws-sdk":
            api, _, action = action.partition(":")
            service = f"aws-sdk:{api}"
        return "Task", {"resourceType": service, "resource": action}
    return ("Activity" if ":activity:" in resource else "LambdaFunction"), {}


def _make(line: Line, call: Call) -> Any:
    line.add(f"{call.prefix}Scheduled", _scheduled(line, call))
    try:
        result = _await_activity(line, call) if call.prefix == "Activity" else _perform(line, call)
        check_size(call.resource, write(result))
    except ExecutionError as error:
        ended = "TimedOut" if error.error in {"States.Timeout", "States.HeartbeatTimeout"} else "Failed"
        line.add(f"{call.prefix}{ended}", {**call.labels, **failed(error.error, error.cause)})
        raise
    line.add(f"{call.prefix}Succeeded", {**call.labels, "output": write(result), "outputDetails": UNTRUNCATED})
    return result


def _scheduled(line: Line, call: Call) -> Details:
    text = line.run.write(call.arguments)
    if call.prefix == "Task":
        return {**call.labels, "region": get_region(), "parameters": text, **call.limits}
    return {"resource": call.resource, "input": text, "inputDetails": UNTRUNCATED, **call.limits}


def _perform(line: Line, call: Call) -> Any:
    line.add(f"{call.prefix}Started", call.labels or None)
    resource = call.resource
    if resource.endswith(CALLBACK):
        sf._task_tokens[call.token] = _new_token()
        try:
            submitted, began = _within(line, call, lambda: _integrate(resource.removesuffix(CALLBACK), call.arguments))
            line.add("TaskSubmitted", {**call.labels, "output": write(submitted), "outputDetails": UNTRUNCATED})
            return _await_token(line, call, began)
        finally:
            sf._task_tokens.pop(call.token, None)
    if resource.startswith(f"{INTEGRATION}states:startExecution.sync"):
        return _run_nested(line, call)
    result, _ = _within(line, call, lambda: _integrate(resource, call.arguments))
    if ".sync" in resource:
        line.add("TaskSubmitted", {**call.labels, "output": write(result), "outputDetails": UNTRUNCATED})
    return result


def _within(line: Line, call: Call, work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` gives and when it began, or States.Timeout; what it goes on doing then is nobody's concern.

    A function's work begins when a worker has the call: AWS has one for each, here calls wait for few.
    """
    if call.timeout is None:
        return work(), time.monotonic()
    outcome: list[tuple[Any, BaseException | None]] = []
    began, done = threading.Event(), threading.Event()

    def run() -> None:
        workers.has_call.set(began)
        try:
            outcome.append((work(), None))
        except BaseException as error:
            outcome.append((None, error))
        done.set()
        began.set()

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()
    if call.calls_function:
        _wait_for(line, began, None)
    began_at = time.monotonic()
    if not done.wait(call.timeout):
        raise ExecutionError("States.Timeout", None)
    result, error = outcome[0]
    if error is not None:
        raise error
    return result, began_at


def _integrate(resource: str, arguments: Any) -> Any:
    if not resource.startswith(INTEGRATION):
        return _invoke(resource, arguments, service=None)["Payload"]
    if resource == INVOKE:
        name = arguments.get("FunctionName", "")
        if arguments.get("Qualifier"):
            name = f"{name}:{arguments['Qualifier']}"
        kind = arguments.get("InvocationType", "RequestResponse")
        return _invoke(name, arguments.get("Payload", {}), service="Lambda", kind=kind)
    result = sf._invoke_resource(resource, arguments)
    told = resource.startswith(TOLD_OF_HTTP) and not resource.endswith(".sync") and isinstance(result, dict)
    return result | _metadata(new_uuid(), 200) if told else result


def _invoke(reference: str, event: Any, *, service: str | None, kind: str = "RequestResponse") -> dict[str, Any]:
    """Invoke a function by name or ARN; the answer of `lambda:invoke`. Its request id is that of the function's log."""
    reference = sf._resolve_lambda_function_ref(reference, optimized=service is not None)
    func, config, name = lambda_svc._get_func_record_for_ref(reference)
    if func is None or config is None:
        cause = f"Function not found: {lambda_svc._func_arn(name)} (Service: Lambda, Status Code: 404)"
        raise ExecutionError("Lambda.ResourceNotFoundException", cause)
    _, qualifier = lambda_svc._resolve_name_and_qualifier(reference)
    arn = lambda_svc._func_arn(name) + (f":{qualifier}" if qualifier else "")
    record = lambda_svc._execution_record_for_config(func, config | {"FunctionArn": arn})
    if kind == "DryRun":
        return _answer(new_uuid(), "", 204)
    if kind == "Event":
        return _answer(invocations.invoke_later(record, event), "", 202)
    result = lambda_svc._execute_function_with_config_scope(record, event)
    body = result.get("body")
    if result.get("throttle"):
        cause = f"{body['message']} (Service: Lambda, Status Code: 429, Request ID: {new_uuid()})"
        raise ExecutionError("Lambda.TooManyRequestsException", cause)
    if result.get("error"):
        error = body.get("errorType", "Lambda.Unknown") if isinstance(body, dict) else "Lambda.Unknown"
        raise ExecutionError(error, json.dumps(body, ensure_ascii=False))
    version = {"ExecutedVersion": config.get("Version", "$LATEST")}
    return version | _answer(result.get("request_id") or new_uuid(), body, 200)


def _answer(request_id: str, payload: Any, status: int) -> dict[str, Any]:
    """What `lambda:invoke` gives. What is only accepted (202) or checked (204) has no answer of a handler."""
    return {"Payload": payload, "StatusCode": status, **_metadata(request_id, status)}


def _metadata(request_id: str, status: int) -> dict[str, Any]:
    return {
        "SdkHttpMetadata": {"HttpStatusCode": status, "HttpHeaders": {"x-amzn-RequestId": request_id}},
        "SdkResponseMetadata": {"RequestId": request_id},
    }


def _run_nested(line: Line, call: Call) -> Any:
    """startExecution.sync: the child's output, or States.TaskFailed with its description."""
    from . import lifecycle, starting

    run = starting.start_nested(sf._nested_start_execution_request(call.arguments))
    started = {"ExecutionArn": run.record["executionArn"], "StartDate": run.record["startDate"]}
    line.add("TaskSubmitted", {**call.labels, "output": write(started), "outputDetails": UNTRUNCATED})
    deadline = None if call.timeout is None else time.monotonic() + call.timeout
    try:
        _wait_for(line, run.over, deadline)
    finally:
        # With its parent, or its parent's patience, a child ends too.
        lifecycle.end(run, "ABORTED", 0, {})
    record = run.record

    def parse(text: str) -> Any:
        return json.loads(text) if call.resource.endswith(":2") else text

    described = {
        "ExecutionArn": record["executionArn"],
        "Input": parse(record["input"]),
        "InputDetails": {"Included": True},
        "Name": record["name"],
        "StartDate": record["startDate"],
        "StateMachineArn": record["stateMachineArn"],
        "Status": record["status"],
        "StopDate": record["stopDate"],
    }
    if record["status"] != "SUCCEEDED":
        told = {"Error": record.get("error"), "Cause": record.get("cause")}
        raise ExecutionError("States.TaskFailed", write(described | {k: v for k, v in told.items() if v is not None}))
    return described | {"Output": parse(record["output"]), "OutputDetails": {"Included": True}}


# ---- waiting for somebody outside


def _new_token() -> dict[str, Any]:
    waiting = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
    return {**waiting, "started": threading.Event(), "worker": None}


def _await_activity(line: Line, call: Call) -> Any:
    if call.resource not in sf._activities:
        raise ExecutionError("States.Runtime", f"The activity does not exist: {call.resource}")
    task = sf._task_tokens[call.token] = _new_token()
    waiting = {"taskToken": call.token, "input": write(call.arguments)}
    sf._activity_tasks[call.resource].append(waiting)
    try:
        _wait_for(line, task["started"], None)
        line.add("ActivityStarted", {"workerName": task["worker"]} if task["worker"] else None)
        return _await_token(line, call, time.monotonic())
    finally:
        sf._task_tokens.pop(call.token, None)
        with suppress(KeyError, ValueError):  # a worker has taken it, or the activity is gone
            sf._activity_tasks[call.resource].remove(waiting)


def _await_token(line: Line, call: Call, started: float) -> Any:
    """The result somebody sends for the token; raises their error, States.Timeout or States.HeartbeatTimeout."""
    task = sf._task_tokens[call.token]
    deadline = None if call.timeout is None else started + call.timeout
    if call.heartbeat is None:
        _wait_for(line, task["event"], deadline)
    else:
        _wait_for_heartbeats(line, task, deadline, call.heartbeat)
    if task["error"]:
        raise ExecutionError(task["error"].get("Error"), task["error"].get("Cause"))
    return json.loads(task["result"])


def _wait_for_heartbeats(line: Line, task: dict[str, Any], deadline: float | None, pause: float) -> None:
    while True:
        beat, latest = task["heartbeat"], time.monotonic() + pause
        soonest = latest if deadline is None else min(latest, deadline)
        try:
            return _wait_for(line, task["event"], soonest)
        except ExecutionError:
            if deadline is not None and soonest == deadline:
                raise
            if task["heartbeat"] == beat:
                raise ExecutionError("States.HeartbeatTimeout", None) from None


def _wait_for(line: Line, event: threading.Event, deadline: float | None) -> None:
    """Until `event`; raises OverError if the execution ends first, States.Timeout at the monotonic `deadline`."""
    while True:
        left = SECONDS_BETWEEN_LOOKS if deadline is None else min(SECONDS_BETWEEN_LOOKS, deadline - time.monotonic())
        if event.wait(max(0.0, left)):
            return
        line.check()
        if deadline is not None and time.monotonic() >= deadline:
            raise ExecutionError("States.Timeout", None)
