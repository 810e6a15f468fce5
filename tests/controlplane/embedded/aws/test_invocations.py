"""An invocation answers, logs and counts as on AWS, whatever asked for it."""

import base64
import http.client
import json
import re
import time

import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE, Bench, package
from .test_guard import create_api

ECHO = """
def handler(event, context):
    print("working on", event)
    return {"event": event, "id": context.aws_request_id, "version": context.function_version}
"""
FAILING = """
class CardDeclined(Exception):
    pass

def handler(event, context):
    raise CardDeclined("insufficient funds")
"""


def test_the_answer_the_context_and_the_log_share_one_request_id(bench: Bench) -> None:
    name = bench.function(ECHO)
    payload, answer = bench.invoke(name, {"a": 1}, LogType="Tail")
    request_id = answer["ResponseMetadata"]["RequestId"]
    tail = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert payload["id"] == request_id
    assert tail[0] == f"START RequestId: {request_id} Version: $LATEST"
    assert tail[1] == "working on {'a': 1}"
    assert tail[2] == f"END RequestId: {request_id}"
    report = rf"REPORT RequestId: {request_id}\tDuration: \d+\.\d\d ms\tBilled Duration: [1-9]\d* ms\t"
    assert re.match(rf"{report}Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t", tail[3])
    assert bench.log(name) == tail


def test_a_warm_worker_reports_no_init(bench: Bench) -> None:
    name = bench.function(ECHO)
    bench.invoke(name)
    _, answer = bench.invoke(name, LogType="Tail")
    assert b"Init Duration" not in base64.b64decode(answer["LogResult"])


def test_a_failing_handler_tells_its_error_type_and_where_it_failed(bench: Bench) -> None:
    name = bench.function(FAILING)
    payload, answer = bench.invoke(name)
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("CardDeclined", "insufficient funds")
    assert payload["stackTrace"][0].startswith('  File "/var/task/app.py", line 6, in handler')
    assert payload["requestId"] == answer["ResponseMetadata"]["RequestId"]
    assert "[ERROR] CardDeclined: insufficient funds" in bench.log(name)


def test_a_failing_handler_keeps_its_process(bench: Bench) -> None:
    name = bench.function("import os\nseen = []\ndef handler(e, c):\n    seen.append(1)\n    raise KeyError(len(seen))")
    assert [bench.invoke(name)[0]["errorMessage"] for _ in range(2)] == ["1", "2"]


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("def handler(e, c): return {1}", "Runtime.MarshalError", "Object of type set is not JSON serializable"),
        ("import os\ndef handler(e, c): os._exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("import sys\ndef handler(e, c): sys.exit(1)", "Runtime.ExitError", "Runtime exited with error: exit status 1"),
        ("def handler(e, c): exit('bye')", "Runtime.ExitError", "Runtime exited with error: exit status 1"),
        ("import sys\ndef handler(e, c): sys.exit()", "Runtime.ExitError", "Runtime exited without providing a reason"),
        ("import os\ndef handler(e, c): os.kill(os.getpid(), 9)", "Runtime.ExitError", "error: signal: killed"),
        ("import sys\nsys.exit(2)", "Runtime.ExitError", "Runtime exited with error: exit status 2"),
        ("def handler(e, c): return 'é' * 3_200_000", "Function.ResponseSizeTooLarge", "(6291556 bytes)"),
    ],
)
def test_what_goes_wrong_around_a_handler_has_awss_names(
    bench: Bench, source: str, error_type: str, message: str
) -> None:
    payload, answer = bench.invoke(bench.function(source))
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == error_type
    assert message in payload["errorMessage"]


def test_a_timeout_is_named_and_logged(bench: Bench) -> None:
    name = bench.function("import time\ndef handler(e, c):\n    print('begun')\n    time.sleep(30)", Timeout=1)
    payload, _ = bench.invoke(name)
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    begun, timed_out, end, report = bench.log(name)[1:]
    request_id = end.removeprefix("END RequestId: ")
    assert begun == "begun"
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z {request_id} Task timed out after 1\.00 seconds", timed_out)
    assert report.startswith(f"REPORT RequestId: {request_id}\tDuration: 1000.00 ms\t")
    assert "\tStatus: timeout" in report
    assert int(report.split("Max Memory Used: ")[1].split()[0]) > 0
    assert bench.metric("AWS/Lambda", "Duration", "Maximum", FunctionName=name) == [1000]


def test_the_log_of_a_process_that_ended_says_how(bench: Bench) -> None:
    name = bench.function("import sys\ndef handler(e, c):\n    print('begun')\n    sys.exit(1)")
    payload, _ = bench.invoke(name)
    begun, *said, end, report = bench.log(name)[1:]
    assert begun == "begun"
    assert said == [payload["errorMessage"], "Runtime.ExitError"]
    assert payload["errorMessage"].startswith(f"RequestId: {end.removeprefix('END RequestId: ')} Error: ")
    assert "\tStatus: error\tError Type: Runtime.ExitError" in report
    assert int(report.split("Max Memory Used: ")[1].split()[0]) > 0


@pytest.mark.parametrize("payload", [b"{", b"hello", b"\xff"])
def test_a_payload_that_is_not_json_is_refused(bench: Bench, payload: bytes) -> None:
    name = bench.function(ECHO)
    with pytest.raises(bench.lambda_.exceptions.InvalidRequestContentException, match="Could not parse request body"):
        bench.lambda_.invoke(FunctionName=name, Payload=payload)
    assert bench.lambda_.invoke(FunctionName=name)["StatusCode"] == 200  # no payload at all is taken


@pytest.mark.parametrize(("kind", "most"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
def test_a_payload_beyond_awss_limit_is_refused(bench: Bench, kind: str, most: int) -> None:
    name = bench.function("def handler(event, context):\n    return len(event)")
    with pytest.raises(ClientError, match=rf"RequestEntityTooLarge.*limit {most} bytes"):
        bench.invoke(name, "x" * most, InvocationType=kind)
    bench.invoke(name, "x" * (most - 2), InvocationType=kind)


def test_an_answer_of_just_six_megabytes_is_given(bench: Bench) -> None:
    assert len(bench.invoke(bench.function("def handler(e, c): return 'x' * 6_291_554"))[0]) == 6_291_554


def test_logging_carries_the_request_id(bench: Bench) -> None:
    name = bench.function(
        "import logging\ndef handler(e, c):\n    logging.warning('low on stock')\n    return c.aws_request_id"
    )
    request_id, _ = bench.invoke(name)
    assert any(re.fullmatch(rf"\[WARNING\]\t\S+Z\t{request_id}\tlow on stock", line) for line in bench.log(name))


def test_prints_in_any_bytes_do_not_harm_the_worker(bench: Bench) -> None:
    name = bench.function("import os\ndef handler(e, c):\n    os.write(1, b'\\xff{}\\n'); print('\\ud800'); return 7")
    assert [bench.invoke(name)[0] for _ in range(2)] == [7, 7]


@pytest.mark.parametrize("runtime", ["java21", "dotnet8", "ruby3.3"])
def test_a_runtime_that_cannot_run_here_is_refused_before_anything_is_made(bench: Bench, runtime: str) -> None:
    """ministack takes it, and answers every invocation with a success it has made up."""
    with pytest.raises(bench.lambda_.exceptions.InvalidParameterValueException, match=f"cannot run {runtime}"):
        bench.function("", Runtime=runtime)
    name = bench.function("def handler(e, c): return 7")
    with pytest.raises(bench.lambda_.exceptions.InvalidParameterValueException, match=f"cannot run {runtime}"):
        bench.lambda_.update_function_configuration(FunctionName=name, Runtime=runtime)
    assert bench.invoke(name)[0] == 7


def test_a_container_image_is_refused_too(bench: Bench) -> None:
    with pytest.raises(bench.lambda_.exceptions.InvalidParameterValueException, match="container images"):
        bench.lambda_.create_function(
            FunctionName="image", Role=ROLE, PackageType="Image", Code={"ImageUri": "example.com/image:1"}
        )


def test_a_dry_run_changes_nothing(bench: Bench) -> None:
    name = bench.function("def handler(e, c): return 'old'")
    bench.lambda_.update_function_code(
        FunctionName=name, ZipFile=package("def handler(e, c): return 'new'"), DryRun=True
    )
    assert bench.invoke(name)[0] == "old"


def test_a_version_and_an_alias_run_what_was_published(bench: Bench) -> None:
    name = bench.function("def handler(e, c): return ['one', c.function_version, c.invoked_function_arn]")
    bench.lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    version = bench.lambda_.publish_version(FunctionName=name)["Version"]
    bench.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    bench.lambda_.update_function_code(FunctionName=name, ZipFile=package("def handler(e, c): return 'two'"))
    assert bench.invoke(name)[0] == "two"
    assert bench.invoke(name, Qualifier=version)[0][:2] == ["one", version]
    assert bench.invoke(name, Qualifier="live")[0] == ["one", version, f"{bench.function_arn(name)}:live"]


def test_a_handler_may_invoke_its_own_function(bench: Bench) -> None:
    source = """
import boto3, json
def handler(event, context):
    if event == 0:
        return 0
    answer = boto3.client("lambda").invoke(FunctionName=context.function_name, Payload=json.dumps(event - 1))
    return 1 + json.loads(answer["Payload"].read())
"""
    assert bench.invoke(bench.function(source, Timeout=60), 3)[0] == 3


def test_a_chain_that_never_ends_is_dropped(bench: Bench) -> None:
    """By the lineage in the trace header, as AWS counts it, without botocore patched in the handler."""
    name = bench.function(ECHO)
    trace = "Root=1-00000000-000000000000000000000000;Lineage=1:0a0b0c0d:16"

    def add_trace(request: object, **_: object) -> None:
        request.headers["X-Amzn-Trace-Id"] = trace  # type: ignore[attr-defined]

    client = bench.aws.client("lambda")
    client.meta.events.register("before-sign.lambda.Invoke", add_trace)
    with pytest.raises(ClientError, match="RecursiveInvocationException"):
        client.invoke(FunctionName=name, Payload=b"{}")


# ---- metrics


def counts(bench: Bench, function: str) -> dict[str, float]:
    names = ("Invocations", "Errors", "Throttles")
    return {name: sum(bench.metric("AWS/Lambda", name, "Sum", FunctionName=function)) for name in names}


def test_an_invocation_is_counted_and_timed(bench: Bench) -> None:
    name = bench.function("import time\ndef handler(e, c): time.sleep(0.05)")
    bench.invoke(name)
    bench.invoke(name)
    assert counts(bench, name) == {"Invocations": 2, "Errors": 0, "Throttles": 0}
    assert bench.metric("AWS/Lambda", "ConcurrentExecutions", "Maximum", FunctionName=name) == [1]
    (duration,) = bench.metric("AWS/Lambda", "Duration", "Average", FunctionName=name)
    assert 50 <= duration < 200


def test_an_error_is_counted(bench: Bench) -> None:
    name = bench.function(FAILING)
    bench.invoke(name)
    assert counts(bench, name) == {"Invocations": 1, "Errors": 1, "Throttles": 0}


def test_an_asynchronous_invocation_is_counted_once(bench: Bench) -> None:
    name = bench.function(ECHO)
    bench.lambda_.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    await_count(bench, name, 1)


def test_an_invocation_by_a_state_machine_is_counted(bench: Bench) -> None:
    name = bench.function(ECHO)
    task = {"Type": "Task", "Resource": bench.function_arn(name), "End": True}
    bench.run({"StartAt": "T", "States": {"T": task}})
    assert counts(bench, name)["Invocations"] == 1


def test_an_invocation_by_an_invoke_url_is_counted(bench: Bench) -> None:
    name = bench.function("def handler(e, c): return {'statusCode': 201, 'body': 'made'}")
    assert get(bench, function_url(bench, name))[0] == 201
    assert counts(bench, name)["Invocations"] == 1


def function_url(bench: Bench, name: str) -> str:
    url = bench.lambda_.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    return f"/_aws/lambda-url/{url.split('//')[1].split('.')[0]}/"


def get(bench: Bench, path: str) -> tuple[int, str]:
    """Status and body of an address."""
    connection = http.client.HTTPConnection("127.0.0.1", bench.aws.port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_who_calls_an_address_does_not_see_how_the_handler_failed(bench: Bench) -> None:
    name = bench.function(FAILING)
    api = create_api(bench.aws, bench.function_arn(name))
    assert get(bench, api) == (500, '{"message": "Internal Server Error"}')
    assert get(bench, function_url(bench, name)) == (502, "Internal Server Error")
    assert "[ERROR] CardDeclined: insufficient funds" in bench.log(name)


def test_an_invocation_by_a_queue_is_counted(bench: Bench) -> None:
    name = bench.function(ECHO)
    queues = bench.aws.client("sqs")
    queue = queues.create_queue(QueueName=f"queue-{name}")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = bench.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName=name)
    queues.send_message(QueueUrl=queue, MessageBody=json.dumps({"order": 1}))
    await_count(bench, name, 1)
    bench.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])


def test_a_throttle_is_counted_and_no_invocation(bench: Bench) -> None:
    name = bench.function(ECHO)
    bench.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(bench.lambda_.exceptions.TooManyRequestsException):
        bench.invoke(name)
    assert counts(bench, name) == {"Invocations": 0, "Errors": 0, "Throttles": 1}


def await_count(bench: Bench, function: str, wanted: int) -> None:
    deadline = time.monotonic() + 10
    while counts(bench, function)["Invocations"] < wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert counts(bench, function)["Invocations"] == wanted


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ('{"statusCode": 204, "body": None}', (204, "")),
        ('{"statusCode": "abc"}', (500, '{"message": "Internal Server Error"}')),
    ],
)
def test_an_address_answers_what_a_handler_left_out_and_what_is_no_status(
    bench: Bench, reply: str, told: tuple[int, str]
) -> None:
    name = bench.function(f"def handler(event, context):\n    return {reply}")
    assert get(bench, create_api(bench.aws, bench.function_arn(name))) == told
