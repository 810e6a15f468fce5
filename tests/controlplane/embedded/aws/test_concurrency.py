"""What is reserved for a function is all that runs of it, whatever asks for it and whichever version."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from workflows import capabilities

from .conftest import ROLE, Bench
from .test_guard import create_api
from .test_invocations import counts, function_url, get

ECHO = "def handler(event, context):\n    print('ran')\n    return event\n"
WAITING = """
import os, time

def handler(event, context):
    if event["name"] == "first":
        open(event["until"] + ".began", "w").close()
    while not os.path.exists(event["until"]):
        time.sleep(0.01)
    return event["name"]
"""
COUNTING = """
def handler(event, context):
    print("received", [one["attributes"]["ApproximateReceiveCount"] for one in event["Records"]])
"""


def reserve(bench: Bench, name: str, number: int) -> None:
    bench.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=number)


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found or pytest.fail("it did not happen in time")


def refused(bench: Bench, name: str, event: Any = None) -> dict[str, Any]:
    with pytest.raises(bench.lambda_.exceptions.TooManyRequestsException) as raised:
        bench.invoke(name, event)
    assert isinstance(raised.value, ClientError)
    return dict(raised.value.response)


def versioned(bench: Bench, source: str) -> tuple[str, str, str]:
    """A function with a version and an alias of it: the names of all three."""
    name = bench.function(source)
    version = bench.lambda_.publish_version(FunctionName=name)["Version"]
    bench.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    return name, f"{name}:{version}", f"{name}:live"


@contextmanager
def occupied(bench: Bench, name: str, folder: Path) -> Iterator[None]:
    """While an invocation of it is under way."""
    done = folder / "done"
    first = threading.Thread(target=bench.invoke, args=(name, {"name": "first", "until": str(done)}))
    first.start()
    try:
        until(Path(f"{done}.began").exists)
        yield
    finally:
        done.touch()
        first.join(10)


def queue(bench: Bench, name: str) -> tuple[str, str]:
    """A queue: its address and its ARN."""
    queues = bench.aws.client("sqs")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    return url, queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def received(bench: Bench, url: str) -> dict[str, Any]:
    queues = bench.aws.client("sqs")
    found = queues.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", [])
    assert len(found) == 1
    return dict(json.loads(found[0]["Body"]))


def test_none_reserved_refuses_every_version_in_the_words_of_aws(bench: Bench) -> None:
    names = versioned(bench, ECHO)
    reserve(bench, names[0], 0)
    for name in names:
        told = refused(bench, name)
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert told["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
        assert told["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert bench.log(names[0]) == []
    assert counts(bench, names[0]) == {"Invocations": 0, "Errors": 0, "Throttles": 3}

    assert capabilities.of_embedded_aws(is_mended=True, has_node=True).reserved_concurrency
    bench.lambda_.delete_function_concurrency(FunctionName=names[0])
    assert bench.invoke(names[2], 1)[0] == 1


def test_versions_share_what_is_reserved(bench: Bench, tmp_path: Path) -> None:
    name, version, alias = versioned(bench, WAITING)
    reserve(bench, name, 1)
    with occupied(bench, version, tmp_path):
        refused(bench, alias, {"name": "second", "until": str(tmp_path)})
        refused(bench, name, {"name": "third", "until": str(tmp_path)})
        reserve(bench, name, 2)
        assert bench.invoke(alias, {"name": "fourth", "until": str(tmp_path)})[0] == "fourth"
        reserve(bench, name, 1)
    assert bench.invoke(alias, {"name": "fifth", "until": str(tmp_path)})[0] == "fifth"


@pytest.mark.parametrize("is_integration", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_task_fails_by_the_name_that_a_retry_knows(bench: Bench, is_integration: bool) -> None:
    name = versioned(bench, ECHO)[0]
    reserve(bench, name, 0)
    arn = f"{bench.function_arn(name)}:live"
    called = (
        {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": arn}}
        if is_integration
        else {"Resource": arn}
    )
    again = {"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 1, "JitterStrategy": "FULL"}
    task = {"Type": "Task", **called, "Retry": [again], "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "P"}]}
    machine = {"StartAt": "T", "States": {"T": {**task, "End": True}, "P": {"Type": "Pass", "End": True}}}
    described, events = bench.run(machine)
    output = json.loads(described["output"])
    assert described["status"] == "SUCCEEDED"
    assert output["Error"] == "Lambda.TooManyRequestsException"
    assert output["Cause"].startswith("Rate Exceeded. (Service: Lambda, Status Code: 429, Request ID: ")
    assert sum(one["type"].endswith("Scheduled") for one in events) == 2
    assert counts(bench, name)["Throttles"] == 2


def test_an_event_of_what_is_stopped_goes_to_its_destination_at_once(bench: Bench) -> None:
    name, _, alias = versioned(bench, ECHO)
    url, arn = queue(bench, f"failed-{name}")
    bench.lambda_.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    reserve(bench, name, 0)
    assert bench.invoke(alias, {"order": 1}, InvocationType="Event")[1]["StatusCode"] == 202
    told = received(bench, url)
    assert told["requestPayload"] == {"order": 1}
    assert told["responsePayload"]["message"] == "Rate Exceeded."
    assert counts(bench, name) == {"Invocations": 0, "Errors": 0, "Throttles": 1}


def test_an_accepted_event_waits_for_its_turn(bench: Bench, tmp_path: Path) -> None:
    name, _, alias = versioned(bench, WAITING)
    url, arn = queue(bench, f"failed-{name}")
    config = {"DestinationConfig": {"OnFailure": {"Destination": arn}}, "MaximumRetryAttempts": 0}
    bench.lambda_.put_function_event_invoke_config(FunctionName=name, Qualifier="live", **config)
    reserve(bench, name, 1)
    with occupied(bench, alias, tmp_path):
        before = counts(bench, name)["Throttles"]
        bench.invoke(alias, {"name": "event", "until": str(tmp_path)}, InvocationType="Event")
        until(lambda: counts(bench, name)["Throttles"] > before)
        assert counts(bench, name)["Invocations"] == 0
    until(lambda: counts(bench, name)["Invocations"] == 2)
    assert "Messages" not in bench.aws.client("sqs").receive_message(QueueUrl=url)


def test_a_topic_and_a_rule_keep_to_it_too(bench: Bench) -> None:
    url, arn = queue(bench, f"dead-{time.monotonic_ns()}")
    name = bench.function(ECHO, DeadLetterConfig={"TargetArn": arn})
    reserve(bench, name, 0)
    topics, rules = bench.aws.client("sns"), bench.aws.client("events")
    topic = topics.create_topic(Name=f"topic-{name}")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=bench.function_arn(name))
    topics.publish(TopicArn=topic, Message="hello")
    assert received(bench, url)["requestPayload"]["Records"][0]["Sns"]["Message"] == "hello"

    rules.put_rule(Name=f"rule-{name}", EventPattern=json.dumps({"source": [name]}))
    rules.put_targets(Rule=f"rule-{name}", Targets=[{"Id": "1", "Arn": bench.function_arn(name)}])
    rules.put_events(Entries=[{"Source": name, "DetailType": "made", "Detail": json.dumps({"order": 2})}])
    assert received(bench, url)["requestPayload"]["detail"] == {"order": 2}
    assert bench.log(name) == []


def test_a_queue_is_not_read_for_what_is_stopped(bench: Bench) -> None:
    stopped, other = versioned(bench, COUNTING)[0], bench.function(COUNTING)
    reserve(bench, stopped, 0)
    mappings, queues = [], bench.aws.client("sqs")
    for name, called in ((stopped, f"{stopped}:live"), (other, other)):
        url, arn = queue(bench, f"queue-{name}")
        mapping = bench.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName=called)
        mappings.append(mapping["UUID"])
        queues.send_message(QueueUrl=url, MessageBody="order")
    until(lambda: "received ['1']" in bench.log(other))  # whoever reads the one has passed the other
    assert bench.log(stopped) == []

    reserve(bench, stopped, 1)
    until(lambda: "received ['1']" in bench.log(stopped))
    for one in mappings:
        bench.lambda_.delete_event_source_mapping(UUID=one)


def rest_api(bench: Bench, function_arn: str) -> str:
    """A REST API with one proxied method; the path of its address."""
    api = bench.aws.client("apigateway")
    made = api.create_rest_api(name="throttled")["id"]
    root = api.get_resources(restApiId=made)["items"][0]["id"]
    method = {"restApiId": made, "resourceId": root, "httpMethod": "GET"}
    uri = f"arn:aws:apigateway:{bench.aws.region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    api.put_method(**method, authorizationType="NONE")
    api.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri, credentials=ROLE)
    api.create_deployment(restApiId=made, stageName="prod")
    return f"/_aws/execute-api/{made}/prod/"


def test_an_address_answers_for_what_is_stopped_as_its_kind_does(bench: Bench) -> None:
    name = versioned(bench, ECHO)[0]
    reserve(bench, name, 0)
    arn = f"{bench.function_arn(name)}:live"
    assert get(bench, create_api(bench.aws, arn)) == (503, '{"message": "Service Unavailable"}')
    assert get(bench, rest_api(bench, arn)) == (500, '{"message": "Internal server error"}')
    status, body = get(bench, function_url(bench, name))
    assert (status, json.loads(body)["message"]) == (429, "Rate Exceeded.")
