"""Differences: what an invocation answers, logs and is called.

A failing handler loses its error type and stack trace (so Catch and Retry by name never match), the answer's request
id is not the one in the log and the context, a tail is not the log AWS gives, the REPORT line has other figures than
the handler's, an unsupported runtime is taken and succeeds with a made-up answer, DryRun changes the function. Nobody
is told how a process ended, what failed for good goes nowhere when it was called by an alias, a timeout is not in the
log, a payload that is not JSON is taken for `{}`, payloads and answers may be of any size, a container image is taken,
and a `provided` runtime logs neither START nor REPORT.
"""

import contextvars
import json
import math
import re
import secrets
import shutil
import signal
import time
import zlib
from collections.abc import Callable
from typing import Any

from ministack import app as ministack
from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json, json_response, new_uuid, now_iso
from ministack.services import lambda_svc

from . import log_streams, metrics, workers
from .python_runtime import END_OF_LOG

# Python and Node.js of this machine, whatever version is asked for; a `provided` one brings its own program.
RUNTIMES = ("python3.", "nodejs", "provided.")
LARGEST_ANSWER = 6_291_556  # bytes
LARGEST_PAYLOAD = {"RequestResponse": 6_291_456, "Event": 1_048_576}  # bytes
DIED = "Worker process died"
DIED_AT_INIT = "Worker process exited immediately"
TIMED_OUT = "Sandbox.Timedout"
EXITED = "Runtime.ExitError"
_INVOKE_PATH = re.compile(r"/2015-03-31/functions/[^/]+/invocations")
_DIED_AT_INIT = re.compile(r"bootstrap exited during init with code (-?\d+)(?:: (.*))?", re.DOTALL)
_LINEAGE = re.compile(r"Lineage=1:[0-9a-f]+:(\d+)")

# The id of the Invoke request being served; everything an execution or an invoke URL calls gets ids of its own.
_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("invoke_request_id", default=None)

# What the process of a `provided` runtime held when the invocation of this context ended.
_memory_mb: contextvars.ContextVar[int] = contextvars.ContextVar("memory_mb", default=0)

Result = dict[str, Any]


def apply() -> None:
    """Replace the executor of Python and Node functions and wrap what surrounds it."""
    lambda_svc._execute_function_warm = run
    lambda_svc._execute_function_docker = _refuse_to_run
    lambda_svc._execute_function_provided_warm = _logged(lambda_svc._execute_function_provided_warm)
    _measure_programs()
    _refuse_runtimes()
    _keep_request_id()
    _count_every_invocation()
    _read_depth_from_trace()
    _honour_dry_run()
    _hand_on_failures_of_aliases()


def run(func: dict[str, Any], event: Any, request_id: str) -> Result:
    """One invocation on a worker; the result in ministack's form (body, error, log)."""
    config = func.get("config") or func
    worker = workers.acquire(config, func.get("code_zip") or b"")
    keep, started = False, time.monotonic()
    try:
        depth = lambda_svc._invoke_depth.get()
        answer = worker.invoke(
            event,
            request_id,
            trace_id=_trace_id(config, depth),
            invoked_function_arn=config.get("FunctionArn", ""),
            depth=depth,
            durable=lambda_svc._durable_env_overlay(),
        )
        if answer.get("error") == DIED:
            answer["exit_status"] = workers.exit_status(worker)
        answer.setdefault("duration_ms", (time.monotonic() - started) * 1000)
        answer["memory_mb"] = workers.most_memory_mb(worker, answer.get("memory_mb"))
        keep = answer.get("status") == "ok" and not answer.get("broken")
    except Exception as error:
        answer = _not_started(worker, error)
    finally:
        log_streams.use(worker)
        (workers.release if keep else workers.discard)(worker)
    return _result(config, request_id, answer)


def invoke_later(func: dict[str, Any], event: Any) -> str:
    """Accept an invocation, with its retries and what becomes of its failure; its request id, the same in each try."""
    request_id = str(new_uuid())

    def accept() -> None:
        _request_id.set(request_id)
        lambda_svc.invoke_async_with_retry(func, event)

    contextvars.copy_context().run(accept)
    return request_id


def _not_started(worker: Any, error: Exception) -> dict[str, Any]:
    if not str(error).startswith(DIED_AT_INIT):
        return {"status": "ok", "failure": {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": str(error)}}
    log, memory_mb = worker._drain_stderr_bounded(), workers.most_memory_mb(worker)
    exit_status = workers.exit_status(worker)
    return {"status": "error", "error": DIED, "exit_status": exit_status, "log": log, "memory_mb": memory_mb}


def _result(config: dict[str, Any], request_id: str, answer: dict[str, Any]) -> Result:
    failure = answer.get("failure") or _unanswered(config, request_id, answer) or _too_large(answer)
    if failure is not None and failure.get("errorType") == TIMED_OUT:
        answer["duration_ms"] = float(config.get("Timeout", 3)) * 1000
    log = _log(config, request_id, answer, failure or {})
    measured = {"log": log, "log_source": "rie", "duration_ms": answer.get("duration_ms")}
    if failure is not None:
        return {"body": failure, "error": True, "function_error": "Unhandled", **measured}
    return {"body": json.loads(answer["result"]), **measured}


def _unanswered(config: dict[str, Any], request_id: str, answer: dict[str, Any]) -> dict[str, Any] | None:
    """What AWS says for a worker that did not answer: timeout or exit."""
    if answer.get("status") == "ok":
        return None
    said = str(answer.get("error", ""))
    if said.startswith("Task timed out"):
        text = f"Task timed out after {float(config.get('Timeout', 3)):.2f} seconds"
        return {"errorType": TIMED_OUT, "errorMessage": f"RequestId: {request_id} Error: {text}"}
    if said == DIED:
        text = _how_it_exited(answer["exit_status"])
        return {"errorType": EXITED, "errorMessage": f"RequestId: {request_id} Error: {text}"}
    return {"errorType": "Runtime.Unknown", "errorMessage": f"RequestId: {request_id} Error: {said}"}


def _how_it_exited(status: int) -> str:
    """In AWS's words; a negative status is the signal that ended it."""
    if status == 0:
        return "Runtime exited without providing a reason"
    how = f"exit status {status}" if status > 0 else f"signal: {signal.strsignal(-status)}".lower()
    return f"Runtime exited with error: {how}"


def _too_large(answer: dict[str, Any]) -> dict[str, Any] | None:
    text = str(answer["result"])
    if len(text) * 4 <= LARGEST_ANSWER or len(text.encode(errors="replace")) <= LARGEST_ANSWER:
        return None
    message = f"Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes)."
    return {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}


def _log(config: dict[str, Any], request_id: str, answer: dict[str, Any], failure: dict[str, Any]) -> str:
    """The lines AWS writes for one invocation, the handler's own between them."""
    duration = float(answer.get("duration_ms", 0.0))
    init = answer.get("init_ms", 0.0) if answer.get("cold_start") else 0.0
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration:.2f} ms",
        f"Billed Duration: {math.ceil(duration + init)} ms",
        f"Memory Size: {config.get('MemorySize', 128)} MB",
        f"Max Memory Used: {answer.get('memory_mb', 0)} MB",
    ]
    if init:
        fields.append(f"Init Duration: {init:.2f} ms")
    lines = [f"START RequestId: {request_id} Version: {config.get('Version', '$LATEST')}"]
    written = str(answer.get("log") or "").split("\n")
    lines += [line for line in written if line and not line.startswith(END_OF_LOG)]
    ended, status = _ending(request_id, failure)
    lines, fields = lines + ended, fields + status
    return "\n".join([*lines, f"END RequestId: {request_id}", "\t".join(fields) + "\t"])


def _ending(request_id: str, failure: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What the service, not the handler, adds to the log of an error or of a process that ended; and to REPORT."""
    error_type, message = failure.get("errorType"), str(failure.get("errorMessage"))
    if error_type == TIMED_OUT:
        return [f"{now_iso()} {request_id} {message.partition('Error: ')[2]}"], ["Status: timeout"]
    if error_type == EXITED:
        return [message, EXITED], ["Status: error", f"Error Type: {EXITED}"]
    return [], []


def _logged(execute: Callable[..., Result]) -> Callable[..., Result]:
    """An invocation of a `provided` runtime as ministack makes it, with the log and the words of AWS."""

    def execute_and_log(func: dict[str, Any], event: Any, request_id: str) -> Result:
        started = time.monotonic()
        _memory_mb.set(0)
        result = execute(func, event, request_id)
        config = func.get("config") or func
        duration_ms = (time.monotonic() - started) * 1000
        failure = result["body"] if result.get("error") and isinstance(result["body"], dict) else {}
        died = _DIED_AT_INIT.match(str(failure.get("errorMessage")))
        written = (died[2] or "") if died else result.get("log")
        if died:
            text = f"RequestId: {request_id} Error: {_how_it_exited(int(died[1]))}"
            failure = result["body"] = {"errorType": EXITED, "errorMessage": text}
        measured = {"log": written, "duration_ms": duration_ms, "memory_mb": _memory_mb.get()}
        log = _log(config, request_id, measured, failure)
        return result | {"log": log, "log_source": "rie", "duration_ms": duration_ms}

    return execute_and_log


def _measure_programs() -> None:
    """While the worker is at hand: ministack gives it back before anybody sees the result."""
    invoke = lambda_runtime.ProvidedWorker.invoke

    def invoke_and_measure(worker: Any, *arguments: Any, **options: Any) -> Any:
        result = invoke(worker, *arguments, **options)
        _memory_mb.set(workers.most_memory_mb(worker))
        log_streams.use(worker)
        return result

    lambda_runtime.ProvidedWorker.invoke = invoke_and_measure


def _refuse_runtimes() -> None:
    """CreateFunction and UpdateFunctionConfiguration refuse at once what could never run here."""
    create, update = lambda_svc._create_function, lambda_svc._update_config

    def create_what_runs(data: dict[str, Any]) -> Any:
        return _problem_of_runtime(data) or create(data)

    def update_to_what_runs(name: str, data: dict[str, Any]) -> Any:
        return _problem_of_runtime(data) or update(name, data)

    lambda_svc._create_function, lambda_svc._update_config = create_what_runs, update_to_what_runs


def _problem_of_runtime(data: dict[str, Any]) -> Any:
    runtime = str(data.get("Runtime") or "")
    needs_node = runtime.startswith("nodejs") and shutil.which("node") is None
    if runtime and (needs_node or not runtime.startswith(RUNTIMES)):
        why = "there is no node on its PATH" if needs_node else "it has no such runtime"
        message = f"The embedded AWS cannot run {runtime}: {why}."
        return error_response_json("InvalidParameterValueException", message, 400)
    if data.get("PackageType") == "Image":
        message = "The embedded AWS cannot run container images: upload a zip."
        return error_response_json("InvalidParameterValueException", message, 400)
    return None


def _refuse_to_run(func: dict[str, Any], event: Any, request_id: str) -> Result:
    runtime = (func.get("config") or func).get("Runtime", "")
    message = f"RequestId: {request_id} Error: the embedded AWS cannot run {runtime or 'this package'}"
    return {"body": {"errorType": "Runtime.InvalidRuntime", "errorMessage": message}, "error": True, "log": ""}


def _keep_request_id() -> None:
    dispatch_request = ministack._dispatch_service_request
    dispatch = lambda_svc._execute_function_dispatch

    async def with_id(method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str) -> Any:
        is_invoke = _INVOKE_PATH.fullmatch(path) is not None
        _request_id.set(request_id if is_invoke else None)
        if is_invoke and (problem := _problem_of_payload(headers, body)):
            return problem
        return await dispatch_request(method, path, headers, body, query, request_id)

    def dispatch_with_id(func: Any, config: Any, event: Any, request_id: str, started: float) -> Result:
        request_id = _request_id.get() or request_id
        result: Result = dispatch(func, config, event, request_id, started)
        return result | {"request_id": request_id}

    ministack._dispatch_service_request = with_id
    lambda_svc._execute_function_dispatch = dispatch_with_id


def _problem_of_payload(headers: Any, body: bytes) -> Any:
    kind = headers.get("x-amz-invocation-type") or "RequestResponse"
    most = LARGEST_PAYLOAD.get(kind)
    if most is not None and len(body) > most:
        message = f"{len(body)} byte payload is too large for the {kind} invocation type (limit {most} bytes)"
        return error_response_json("RequestEntityTooLargeException", message, 413)
    try:
        json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: Could not parse payload into json: {error}"
        return error_response_json("InvalidRequestContentException", message, 400)
    return None


def _count_every_invocation() -> None:
    dispatch = lambda_svc._execute_function_dispatch

    def dispatch_and_count(func: Any, config: Any, event: Any, request_id: str, started: float) -> Result:
        key = lambda_svc._inflight_key(config)
        result: Result = dispatch(func, config, event, request_id, started)
        metrics.record_invocation(
            config.get("FunctionName", ""),
            failed=bool(result.get("error")),
            duration_ms=result.get("duration_ms") or (time.time() - started) * 1000,
            concurrent=lambda_svc.executions_in_flight()[1].get(key, 1),
        )
        return result

    lambda_svc._execute_function_dispatch = dispatch_and_count


def _trace_id(config: dict[str, Any], depth: int) -> str:
    """A trace header with AWS's own lineage, by which a chain of calls is counted; boto sends it on by itself."""
    lineage = zlib.crc32(str(config.get("FunctionArn", "")).encode())
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0;Lineage=1:{lineage:08x}:{depth}"


def _read_depth_from_trace() -> None:
    """ministack has its Python workers import botocore for this, a fifth of a second at every cold start."""
    from_header = lambda_svc._inbound_invoke_depth

    def depth(headers: dict[str, str]) -> int:
        found = _LINEAGE.search(headers.get("x-amzn-trace-id", ""))
        return max(int(from_header(headers)), int(found[1]) if found else 0)

    lambda_svc._inbound_invoke_depth = depth


def _honour_dry_run() -> None:
    update = lambda_svc._update_code

    def update_unless_dry(name: str, data: dict[str, Any]) -> Any:
        if not data.get("DryRun") or name not in lambda_svc._functions:
            return update(name, data)
        return json_response(lambda_svc._functions[name]["config"])

    lambda_svc._update_code = update_unless_dry


def _hand_on_failures_of_aliases() -> None:
    """Only what is set for the function itself, or for $LATEST, is looked at otherwise."""
    retry = lambda_svc.invoke_async_with_retry

    def retry_as_the_alias_says(func: dict[str, Any], event: Any) -> None:
        own = _event_config(func.get("config") or func)
        retry({**func, "event_invoke_config": own} if own else func, event)

    lambda_svc.invoke_async_with_retry = retry_as_the_alias_says


def _event_config(config: dict[str, Any]) -> dict[str, Any] | None:
    """That of the alias or version called; a source's call names the version that its alias leads to."""
    name, _, qualifier = str(config.get("FunctionArn", "")).partition(":function:")[2].partition(":")
    func = lambda_svc._functions.get(name) or {}
    configs: dict[str, dict[str, Any]] = func.get("event_invoke_configs") or {}
    leading = [alias for alias, one in (func.get("aliases") or {}).items() if one.get("FunctionVersion") == qualifier]
    return next((configs[one] for one in (qualifier, *leading) if one in configs), None)
