"""The program of a Python worker process: what AWS's own Python runtime does around a handler, standard library only.

ministack starts it with one JSON line on standard input, then sends one line per invocation. It replaces ministack's
program in these points: a failing handler keeps its error type and stack trace, and its process; errors, prints and
logging read as on AWS; the end of an invocation's log is marked; nothing but the handler is imported at the start;
the process and its children end when the server does, even in the middle of a handler.
"""

import importlib
import json
import logging
import os
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from typing import Any

END_OF_LOG = "\0end "
TASK_ROOT = "/var/task"


class Channel:
    """The two pipes to the server. Descriptors 0 and 1 are taken away, so no print can break the protocol."""

    def __init__(self) -> None:
        # Open until the very end: at its close the server sends a signal, and the exit status would be that.
        self._answers = os.fdopen(os.dup(1), "w", encoding="utf-8", closefd=False)
        self._requests = os.fdopen(os.dup(0), encoding="utf-8")
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        self._received: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._requests:
            self._received.put(line)
        os.killpg(os.getpid(), signal.SIGKILL)  # the server is gone: the handler and what it started end here

    def read(self) -> Any:
        return json.loads(self._received.get())

    def write(self, answer: dict[str, Any]) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()


class LambdaContext:
    """The second argument of a handler, with AWS's names."""

    def __init__(self, call: dict[str, Any]) -> None:
        self._deadline = time.time() + call["timeout_ms"] / 1000
        self.aws_request_id = call["request_id"]
        self.invoked_function_arn = call["invoked_function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: str) -> None:
        sys.stdout.write(message)


class InitError(Exception):
    """The handler could not be loaded; told at every invocation, as on AWS, which tries anew each time."""

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(failure["errorMessage"])
        self.failure = failure


def main() -> None:
    """Serve invocations until the server goes away."""
    started = time.perf_counter()
    channel = Channel()
    init = channel.read()
    _prepare(init)
    try:
        handler = _load(init["module"], init["handler"])
    except InitError as error:
        handler = _raiser(error)
    init_ms = (time.perf_counter() - started) * 1000
    channel.write({"status": "ready", "cold": True})
    while True:
        request = channel.read()
        channel.write(_invoke(handler, request["event"], request["ctx"], init["code_dir"]) | {"init_ms": init_ms})


def _prepare(init: dict[str, Any]) -> None:
    os.environ.update(init.get("env", {}))
    os.environ.setdefault("AWS_LAMBDA_LOG_GROUP_NAME", f"/aws/lambda/{init['function_name']}")
    layers = [layer for layer in os.environ.pop("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep) if layer]
    sys.path[0:1] = [init["code_dir"], *(f"{layer}/python" for layer in layers)]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]


def _load(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        message = f"Unable to import module '{module}': {error}"
        raise InitError(_failure("Runtime.ImportModuleError", message)) from None
    except AttributeError as error:
        if isinstance(error.obj, type(sys)) and error.name == name:
            message = f"Handler '{name}' missing on module '{module}'"
            raise InitError(_failure("Runtime.HandlerNotFound", message)) from None
        raise InitError(_describe(error)) from None
    except SyntaxError as error:
        message = f"Syntax error in module '{module}': {error}"
        raise InitError(_failure("Runtime.UserCodeSyntaxError", message)) from None
    except Exception as error:
        raise InitError(_describe(error)) from None


def _raiser(error: InitError) -> Any:
    def handler(event: Any, context: Any) -> Any:
        raise error

    return handler


def _invoke(handler: Any, event: Any, call: dict[str, Any], code_dir: str) -> dict[str, Any]:
    os.environ["_X_AMZN_TRACE_ID"] = call.get("trace_id") or ""
    _format_logging(call["request_id"])
    started = time.perf_counter()
    answer = _run(handler, event, LambdaContext(call))
    answer["duration_ms"] = (time.perf_counter() - started) * 1000
    failure = answer.get("failure")
    if failure:
        failure["requestId"] = call["request_id"]
        failure["stackTrace"] = [line.replace(code_dir, TASK_ROOT) for line in failure["stackTrace"]]
        _print_failure(failure)
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(2, f"{END_OF_LOG}{call['request_id']}\n".encode())
    answer["memory_mb"] = _peak_memory()
    return answer


def _peak_memory() -> int:
    """Megabytes. On Linux getrusage still counts the server this process was forked from."""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123 (pathlib would slow every cold start)
            kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
        return max(1, kilobytes // 2**10)
    except OSError:
        return max(1, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20)


def _run(handler: Any, event: Any, context: LambdaContext) -> dict[str, Any]:
    """`status` is always ok: ministack would kill the process of any other answer."""
    try:
        result = handler(event, context)
    except InitError as error:
        return {"status": "ok", "failure": dict(error.failure), "broken": True}
    except Exception as error:
        return {"status": "ok", "failure": _describe(error)}
    try:
        return {"status": "ok", "result": json.dumps(result, ensure_ascii=False, default=_encode)}
    except Exception as error:
        message = f"Unable to marshal response: {error}"
        return {"status": "ok", "failure": _failure("Runtime.MarshalError", message)}


def _encode(value: Any) -> Any:
    if type(value).__name__ == "Decimal":
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _describe(error: Exception) -> dict[str, Any]:
    # The frames of this file are not the handler's.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    frames = [frame for frame in frames if not frame.filename.startswith("<frozen importlib")]
    return _failure(type(error).__name__, str(error), traceback.format_list(frames))


def _failure(error_type: str, message: str, trace: list[str] | None = None) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": error_type, "requestId": "", "stackTrace": trace or []}


def _print_failure(failure: dict[str, Any]) -> None:
    print(f"[ERROR] {failure['errorType']}: {failure['errorMessage']}", file=sys.stderr)
    if failure["stackTrace"]:
        print(
            "Traceback (most recent call last):",
            *"".join(failure["stackTrace"]).splitlines(),
            sep="\n",
            file=sys.stderr,
        )


def _format_logging(request_id: str) -> None:
    """AWS's runtime gives the root logger a handler of this format, which carries the request id."""
    form = f"[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t{request_id}\t%(message)s"
    formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    if not logging.root.handlers:
        logging.root.addHandler(logging.StreamHandler(sys.stderr))
    for handler in logging.root.handlers:
        handler.setFormatter(formatter)


if __name__ == "__main__":
    main()
