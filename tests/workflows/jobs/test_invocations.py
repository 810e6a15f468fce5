"""Invocations are sent once, whatever comes of it; what came is kept, what is not known stays unknown."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from django.utils import timezone

from tests.aws_stub import AwsStub, Order
from tests.factories import FunctionDeploymentFactory, InvocationFactory
from tests.flows.waiting import until
from workflows.aws import errors, iam, lambda_
from workflows.aws.clients import Target
from workflows.aws.lambda_ import Code, Configuration
from workflows.jobs import invocations as jobs
from workflows.models import Deployment, Environment, FunctionRevision, Invocation

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
TRUST = {"Version": "2012-10-17", "Statement": []}
SENT = "Invoke"


@pytest.fixture
def live(stub_environment: Environment, stub_target: Target, aws_stub: AwsStub) -> Deployment:
    """A function in the stub that gives back what it gets, and its deployment."""
    deployment = FunctionDeploymentFactory.create(environment=stub_environment)
    name = deployment.resource_arn.split(":")[-1]
    role_arn = iam.create_role(stub_target, name="r", path="/", trust=TRUST, tags={}, boundary_arn="")
    configuration = Configuration("python3.12", "handler.handler", role_arn, 128, 3, {})
    lambda_.create_function(stub_target, name=name, code=Code(b"PK"), configuration=configuration, tags={})
    return deployment


def carry_out(row: Invocation) -> Invocation:
    """What a worker does, until it is over."""
    jobs.drain()
    until(lambda: Invocation.objects.filter(pk=row.pk, finished_at__isnull=False).exists())
    until(lambda: not jobs._under_way)
    return Invocation.objects.get(pk=row.pk)


def asked_for(live: Deployment, **more: object) -> Invocation:
    return InvocationFactory.create(deployment=live, next_attempt_at=timezone.now(), **more)


def test_the_answer_is_kept_as_it_came(live: Deployment, aws_stub: AwsStub) -> None:
    row = carry_out(asked_for(live, payload='{"amount":1.10}'))
    assert (row.status, row.result, row.error) == ("succeeded", '{"amount":1.10}', "")
    assert row.log_tail.startswith("START ")
    assert aws_stub.ledger.count(SENT) == 1


def test_an_event_is_only_queued(live: Deployment) -> None:
    row = carry_out(asked_for(live, type="Event"))
    assert (row.status, row.result, row.billed_ms) == ("succeeded", None, None)


def test_a_function_that_raises_has_failed_with_its_own_words(live: Deployment, aws_stub: AwsStub) -> None:
    aws_stub.functions.handler = lambda payload: str(json.loads(payload)["missing"])
    row = carry_out(asked_for(live))
    assert (row.status, row.result) == ("failed", None)
    assert json.loads(row.error)["errorType"] == "KeyError"


def test_an_answer_that_is_no_json_is_kept_as_text(live: Deployment, aws_stub: AwsStub) -> None:
    aws_stub.functions.handler = lambda payload: "not \0 JSON"
    assert carry_out(asked_for(live)).result == json.dumps("not \0 JSON")


def test_a_lost_answer_is_unknown_and_never_sent_again(live: Deployment, aws_stub: AwsStub) -> None:
    aws_stub.orders.give(SENT, Order(drops_answer=True))
    row = carry_out(asked_for(live))
    assert row.status == "unknown"
    assert "may have run" in row.error
    jobs.drain()
    assert aws_stub.ledger.count(SENT) == 1


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("TooManyRequestsException", 429, "run it again"),
        ("AccessDeniedException", 403, "lambda:InvokeFunction"),
        ("InvalidRequestContentException", 400, "Nothing was run."),
    ],
)
def test_what_aws_refuses_has_failed_and_says_what_to_do(
    live: Deployment, aws_stub: AwsStub, code: str, status: int, advice: str
) -> None:
    aws_stub.orders.refuse(SENT, code, status=status)
    row = carry_out(asked_for(live))
    assert row.status == "failed"
    assert advice in json.loads(row.error)["errorMessage"]


@pytest.mark.parametrize(
    ("reason", "reserved", "said"),
    [
        ("ReservedFunctionConcurrentInvocationLimitExceeded", 0, "its reserved concurrency of 0 stops the function"),
        ("ReservedFunctionConcurrentInvocationLimitExceeded", 3, "as its reserved concurrency allows are under way"),
        ("ConcurrentInvocationLimitExceeded", 0, "as the account may run at once"),
        ("CallerRateLimitExceeded", None, "it takes no more of these calls just now"),
    ],
)
def test_what_is_throttled_says_by_which_limit(reason: str, reserved: int | None, said: str) -> None:
    told = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}, "Reason": reason}
    error = errors.translate(ClientError(told, "Invoke"), "lambda:InvokeFunction")  # type: ignore[arg-type]
    message = json.loads(jobs.refused(error, FunctionRevision(concurrency=reserved)))["errorMessage"]
    assert message.startswith("Rate Exceeded. AWS throttled it: ")
    assert said in message
    assert "Nothing was run" in message


def test_what_a_dead_worker_took_is_unknown(live: Deployment, aws_stub: AwsStub) -> None:
    past = timezone.now() - timedelta(seconds=1)
    row = asked_for(live, status="running", started_at=past, claimed_until=past)
    assert jobs.drain() == 0
    row.refresh_from_db()
    assert row.status == "unknown"
    assert "The worker ended" in row.error
    assert aws_stub.ledger.count(SENT) == 0


def test_what_somebody_waits_for_long_is_not_given_up(live: Deployment, aws_stub: AwsStub) -> None:
    hold = aws_stub.orders.hold(SENT)
    row = asked_for(live)
    assert jobs.drain() == 1
    hold.await_call()
    held = Invocation.objects.get(pk=row.pk).claimed_until
    assert held
    assert held > timezone.now() + row.limit
    assert jobs.drain() == 0
    hold.release()
    assert carry_out(row).status == "succeeded"


def test_only_so_many_are_under_way_at_once(
    live: Deployment, aws_stub: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_AT_ONCE", 2)
    holds = [aws_stub.orders.hold(SENT) for _ in range(2)]
    rows = [asked_for(live) for _ in range(3)]
    assert (jobs.drain(), jobs.drain()) == (2, 0)  # and nobody waits for their answers
    for hold in holds:
        hold.release()
    for row in rows:
        assert carry_out(row).status == "succeeded"
