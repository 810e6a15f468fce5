"""The guide's other functions on the embedded AWS: one that answers API Gateway, one that invokes another."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.factories import UserFactory, list_prices
from tests.fixtures_aws import EmbeddedAws
from tests.flows.conftest import Road, needs_mends
from tests.flows.waiting import until
from workflows import costs, packaging
from workflows.failures import read_failure
from workflows.jobs import deployments as deploying
from workflows.jobs import invocations as jobs
from workflows.models import Deployment, Environment, Function, Invocation
from workflows.services import access, definitions, deployments, invocations
from workflows.services.invocations import Asked

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]


def fetch(url: str, **headers: str) -> tuple[int, Any]:
    """What anybody gets there: no signature, no token."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


@pytest.fixture
def road(environment: Environment) -> Road:
    """Everything there is: most of it has nothing to do with the machine."""
    return Road(environment).deploy_all()


def test_the_guides_functions_are_connected(road: Road, embedded_aws: EmbeddedAws, client: Client) -> None:
    # One invokes the other, and one answers whoever calls its address.
    prefix = road.environment.name_prefix
    lambda_ = embedded_aws.client("lambda")

    def invoke(name: str, event: dict[str, Any]) -> Any:
        answer = lambda_.invoke(FunctionName=f"{prefix}{name}:live", Payload=json.dumps(event))
        assert "FunctionError" not in answer
        return json.load(answer["Payload"])

    query = {"transactionId": "T-1", "type": "PURCHASE", "amount": "10"}
    answer = invoke("TransactionProcessor", {"queryStringParameters": query})
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["transactionId"] == "T-1"
    assert invoke("TransactionProcessor", {"queryStringParameters": None})["statusCode"] == 400

    answer = invoke("Invoker", {"payload": {"n": 1}})
    assert answer["statusCode"] == 200
    assert answer["payload"]["message"] == "Hello from the invoked function."
    assert answer["payload"]["received"] == {"n": 1}
    assert invoke("Invoker", {"invocationType": "Event", "payload": {}})["statusCode"] == 202

    _, token = access.issue_token(road.operator, "ci", by=road.operator)
    answer = client.get("/api/v1/functions/TransactionProcessor", headers={"Authorization": f"Bearer {token}"}).json()
    route = answer["triggers"][0]
    assert (route["type"], route["source"], route["status"]) == ("http", "GET /transactions", "live")

    status, body = fetch(f"{route['invoke_url']}?transactionId=1&type=PURCHASE&amount=50")
    assert (status, body["transactionId"], body["type"], body["amount"]) == (200, "1", "PURCHASE", "50")
    assert fetch(route["invoke_url"])[0] == 400
    # A page of another site may not call what declares no CORS.
    assert fetch(route["invoke_url"], Origin="https://evil.example", **{"Sec-Fetch-Site": "cross-site"})[0] == 403

    invoked = client.get("/api/v1/functions/LambdaToInvoke", headers={"Authorization": f"Bearer {token}"}).json()
    assert [(one["type"], one["source"], one["status"]) for one in invoked["triggers"]] == [
        ("lambda", "Invoker", "live")
    ]
    client.force_login(road.operator)
    assert route["invoke_url"] in client.get("/functions/TransactionProcessor").content.decode()


QUERY = {"queryStringParameters": {"transactionId": "T-1", "type": "PURCHASE", "amount": "10"}}
NO_FIGURE: dict[str, Any] = {"Amount": "not a number at all"}


def run(road: Road, name: str, payload: dict[str, Any]) -> Invocation:
    function = Function.objects.get(name=name)
    row = invocations.request(function, road.environment, Asked(json.dumps(payload)), by=None)
    jobs.drain()
    until(lambda: Invocation.objects.filter(pk=row.pk, finished_at__isnull=False).exists())
    return Invocation.objects.get(pk=row.pk)


def test_what_a_function_answers_is_kept(road: Road) -> None:
    row = run(road, "TransactionProcessor", QUERY)
    assert row.status == "succeeded"
    assert json.loads(row.result or "")["statusCode"] == 200
    assert run(road, "ProcessPurchase", NO_FIGURE).status == "failed"


@needs_mends("The embedded AWS gives no log, and no stack trace, without its mends")
@pytest.mark.long
def test_what_a_function_logs_and_costs_is_kept(road: Road) -> None:
    list_prices()
    row = run(road, "TransactionProcessor", QUERY)
    assert row.request_id in row.log_tail
    assert row.duration_ms is not None
    assert (row.memory_size_mb, (row.billed_ms or 0) >= row.duration_ms) == (128, True)
    assert costs.of_invocation(row)

    failure = read_failure(run(road, "ProcessPurchase", NO_FIGURE).error)
    assert failure.type
    assert any("handler.py" in line for line in failure.trace)


@needs_mends("what an alias says of failed calls is not looked at otherwise")
def test_what_fails_for_good_when_it_was_queued_goes_to_its_destination(
    environment: Environment, embedded_aws: EmbeddedAws
) -> None:
    sqs = embedded_aws.client("sqs")
    queue = sqs.create_queue(QueueName=f"{environment.name_prefix}failed")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    package = packaging.zip_of(
        [("handler.py", b"def handler(event, context):\n    raise ValueError('never')\n", False)]
    )
    definition = packaging.FunctionDefinition("Failing", "python3.12", "handler.handler", 128, 5, on_failure=arn)
    revision = definitions.save_function(definition, package, by=None).revision
    deployment = deployments.request(revision, environment, by=None)
    until(lambda: not deploying.drain() and not Deployment.objects.filter(pk=deployment.pk, finished_at=None).exists())
    invocations.request(revision.function, environment, Asked('{"n": 7}', "Event"), by=None)
    jobs.drain()
    told = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"]
    assert json.loads(told)["requestPayload"] == {"n": 7}
    assert json.loads(told)["responsePayload"]["errorMessage"] == "never"


@needs_mends("reserved concurrency holds for $LATEST only otherwise")
def test_what_is_stopped_is_asked_once_and_told_as_throttled(
    environment: Environment, embedded_aws: EmbeddedAws, client: Client
) -> None:
    package = packaging.zip_of([("handler.py", b"def handler(event, context):\n    return event\n", False)])
    definition = packaging.FunctionDefinition("Stopped", "python3.12", "handler.handler", 128, 5, concurrency=0)
    revision = definitions.save_function(definition, package, by=None).revision
    deployment = deployments.request(revision, environment, by=None)
    until(lambda: not deploying.drain() and not Deployment.objects.filter(pk=deployment.pk, finished_at=None).exists())
    row = invocations.request(revision.function, environment, Asked("{}"), by=None)
    jobs.drain()
    until(lambda: Invocation.objects.filter(pk=row.pk, finished_at__isnull=False).exists())

    operator = UserFactory.create(role="operator")
    _, token = access.issue_token(operator, "ci", by=operator)
    answer = client.get(f"/api/v1/invocations/{row.pk}", headers={"Authorization": f"Bearer {token}"}).json()
    assert (answer["status"], answer["error"]["errorType"]) == ("failed", "TooManyRequestsException")
    assert "its reserved concurrency of 0 stops the function. Nothing was run" in answer["error"]["errorMessage"]
    assert Environment.objects.get(pk=environment.pk).unreachable_since is None
    # Nothing is repeated by boto3 either.
    name, now = f"{environment.name_prefix}Stopped", datetime.now(UTC)
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Throttles", "Period": 86_400, "Statistics": ["Sum"]}
    points = embedded_aws.client("cloudwatch").get_metric_statistics(
        **metric,
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
    )["Datapoints"]
    assert sum(point["Sum"] for point in points) == 1
