"""What AWS refuses of a function is retried, or told on its page with what the environment's role is not allowed."""

import time

import pytest
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.aws_stub import AwsStub
from tests.factories import UserFactory
from workflows import packaging
from workflows.jobs import deployments as jobs
from workflows.jobs import drift as comparing
from workflows.jobs import function_logs as reading
from workflows.jobs import invocations as sending
from workflows.models import Deployment, Environment, Function, FunctionRevision, Invocation
from workflows.packaging import FunctionDefinition
from workflows.services import definitions, deployments, function_logs, invocations
from workflows.services.invocations import Asked

pytestmark = [pytest.mark.django_db(transaction=True)]
CODE = packaging.zip_of([("handler.py", b"def handler(event, context): ...\n", False)])


@pytest.fixture
def revision(stub_environment: Environment) -> FunctionRevision:
    definition = FunctionDefinition("Refused", "python3.12", "handler.handler", 128, 5)
    return definitions.save_function(definition, CODE, by=None).revision


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(role="developer"))
    return client


def deploy(revision: FunctionRevision, environment: Environment) -> Deployment:
    asked = deployments.request(revision, environment, by=None)
    jobs.drain()
    return Deployment.objects.get(pk=asked.pk)


def test_what_a_role_is_not_allowed_is_named_on_the_page(
    aws_stub: AwsStub, stub_environment: Environment, revision: FunctionRevision, page: Client
) -> None:
    aws_stub.orders.refuse("CreateFunction", "AccessDeniedException", status=403)
    failed = deploy(revision, stub_environment)
    assert (failed.status, failed.error) == ("failed", "AccessDeniedException")
    shown = text(page.get("/functions/Refused"))
    for action in ("lambda:CreateFunction", "iam:PassRole", "lambda:GetLayerVersion"):
        assert action in shown
    assert "What to do" in shown


@pytest.mark.long
def test_a_throttled_deployment_goes_on_and_says_that_it_is_tried_again(
    aws_stub: AwsStub, stub_environment: Environment, revision: FunctionRevision, page: Client
) -> None:
    aws_stub.orders.refuse("CreateFunction", "TooManyRequestsException", status=429, times=5)
    waiting = deploy(revision, stub_environment)
    assert (waiting.status, waiting.error) == ("requested", "")
    Deployment.objects.update(attempts=4)
    assert "Tried 4 times" in text(page.get("/functions/Refused"))
    aws_stub.orders.clear()
    Deployment.objects.update(next_attempt_at=timezone.now())
    jobs.drain()
    shown = text(page.get("/functions/Refused"))
    assert "r1 live" in shown and "times." not in shown


def test_what_is_refused_later_is_told_where_it_was_asked_for(
    aws_stub: AwsStub, stub_environment: Environment, revision: FunctionRevision, page: Client
) -> None:
    assert deploy(revision, stub_environment).status == "succeeded"
    for operation in ("Invoke", "GetFunction", "FilterLogEvents"):
        aws_stub.orders.refuse(operation, "AccessDeniedException", status=403)
    function = Function.objects.get()
    row = invocations.request(function, stub_environment, Asked("{}"), by=UserFactory.create(role="developer"))
    sending.drain()
    end = time.monotonic() + 30
    while not Invocation.objects.get(pk=row.pk).finished_at and time.monotonic() < end:
        time.sleep(0.02)
    assert "lambda:InvokeFunction" in text(page.get(f"/functions/Refused/test?invocation={row.pk}"))

    comparing.sweep()
    assert "lambda:GetFunction: AccessDeniedException" in text(page.get("/functions/Refused"))

    function_logs.ask(stub_environment, function, function_logs.Search("1h", "", ""))
    reading.drain()
    assert "logs:FilterLogEvents" in text(page.get("/functions/Refused/log?range=1h"))
