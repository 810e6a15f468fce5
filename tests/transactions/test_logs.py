"""Log lines as they are kept: what a handler printed of a task token is not among them."""

import secrets
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import DeploymentFactory, EventFactory, TransactionFactory, UserFactory
from tests.fixtures_aws import EmbeddedAws
from transactions.jobs import logs
from transactions.models import Execution, LogReading
from workflows.asl import history
from workflows.models import Environment

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
CANARY = "canary-6f1d2c1e-5a61-4c5e-9d7a-0b6f6c2d9e10"


def test_a_task_token_that_a_handler_printed_is_not_kept(
    client: Client, environment: Environment, embedded_aws: EmbeddedAws
) -> None:
    name = f"Wait-{secrets.token_hex(4)}"
    deployment = DeploymentFactory.create(environment=environment)
    row = TransactionFactory.create(deployment=deployment, environment=environment, status="running")
    Execution.objects.filter(pk=row.pk).update(token_digests=history.digests([CANARY]))
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    begun = datetime.now(UTC) - timedelta(seconds=5)
    EventFactory.create(
        execution=row.execution, number=1, type="LambdaFunctionScheduled", at=begun, details={"resource": arn}
    )
    written = embedded_aws.client("logs")
    group = {"logGroupName": f"/aws/lambda/{name}"}
    written.create_log_group(**group)
    written.create_log_stream(**group, logStreamName="one")
    lines = [f'{{"taskToken": "{CANARY}"}}', f"token {CANARY}", "an ordinary line"]
    at = int(time.time() * 1000)
    written.put_log_events(**group, logStreamName="one", logEvents=[{"timestamp": at, "message": one} for one in lines])
    LogReading.objects.create(execution=row.execution, asked_at=timezone.now(), next_read_at=timezone.now())
    assert logs.drain() == 1
    client.force_login(UserFactory.create(role="viewer"))
    page = client.get(f"/transactions/{row.pk}/logs").content.decode()
    assert "an ordinary line" in page
    assert CANARY not in page + str(LogReading.objects.get().lines)
