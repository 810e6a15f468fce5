"""What failed goes on where it failed: the same execution, with what had succeeded kept."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from tests.factories import UserFactory
from transactions.jobs import redrives, starts, syncs
from transactions.models import Execution, Transaction
from transactions.services import recovery, submissions
from transactions.services.submissions import Submission
from workflows import packaging
from workflows.jobs import deployments as jobs
from workflows.models import Activity, Deployment, Environment, Fact, User
from workflows.packaging import FunctionDefinition, WorkflowDefinition
from workflows.services import definitions, deployments

pytestmark = [
    pytest.mark.flow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        os.environ.get("SIGNALBOX_EMBEDDED_MENDS") == "0", reason="The embedded AWS cannot redrive without its mends"
    ),
]

FLAKY = b"""
import os
def handler(event, context):
    if not os.path.exists(event["switch"]):
        raise RuntimeError("not yet")
    return "done"
"""
MACHINE = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Pass", "Next": "Second"},
        "Second": {"Type": "Task", "Resource": "${Flaky}", "End": True},
    },
}


@pytest.fixture
def operator(environment: Environment) -> User:
    """The workflow is live, and this person may run it."""
    package = packaging.zip_of([("app.py", FLAKY, False)])
    function = FunctionDefinition("Flaky", "python3.12", "app.handler", 128, 10)
    workflow = WorkflowDefinition("flaky", "Flaky", "STANDARD", {}, json.dumps(MACHINE), "")
    deployments.request(definitions.save_function(function, package, by=None).revision, environment, by=None)
    deployments.request(definitions.save_workflow(workflow, by=None).revision, environment, by=None)
    while Deployment.objects.filter(finished_at=None).exists():
        Deployment.objects.filter(status="requested").update(next_attempt_at=timezone.now())
        jobs.drain()
    assert not Deployment.objects.exclude(status="succeeded").exists()
    return UserFactory.create(role="operator")


def finish(row: Transaction) -> Transaction:
    for _ in range(400):
        Execution.objects.filter(pk=row.pk, next_sync_at__isnull=False).update(next_sync_at=timezone.now())
        syncs.drain()
        row = Transaction.objects.select_related("execution", "environment", "revision").get(pk=row.pk)
        if row.finished_at:
            return row
        Execution.objects.filter(pk=row.pk, next_sync_at=None).update(next_sync_at=timezone.now())
    raise AssertionError(row.status)


@pytest.fixture
def failed(operator: User, tmp_path: Path) -> Transaction:
    text = json.dumps({"switch": str(tmp_path / "switch")})
    row = submissions.submit(Submission("flaky", text), by=operator).transaction
    starts.drain()
    row = finish(row)
    assert (row.status, row.error) == ("failed", "RuntimeError")
    return row


def test_it_goes_on_as_the_same_execution_and_succeeds(
    failed: Transaction, operator: User, tmp_path: Path, client: Client
) -> None:
    (tmp_path / "switch").touch()
    client.force_login(operator)
    page = f"/transactions/{failed.pk}"
    assert "Redrive" in client.get(page).content.decode()
    client.post(f"{page}/redrive")
    client.post(f"{page}/redrive")
    assert "Redriving" in client.get(page).content.decode()
    redrives.drain()
    assert Transaction.objects.get(pk=failed.pk).status == "running"
    row = finish(failed)
    assert (row.status, row.output, row.error, row.execution.redrives) == ("succeeded", '"done"', "", 1)
    assert row.execution.arn == failed.execution.arn
    assert [visit.state for visit in row.execution.visits.all()].count("First") == 1
    assert Activity.objects.filter(action="transaction.redrive").count() == 1
    assert Fact.objects.filter(kind="transaction.redriven", subject=str(row.pk)).count() == 1


def test_an_answer_that_was_lost_is_not_taken_for_a_refusal(
    failed: Transaction, operator: User, tmp_path: Path
) -> None:
    (tmp_path / "switch").touch()
    recovery.redrive(failed, by=operator)
    asked_at = Transaction.objects.get(pk=failed.pk).redrive_requested_at
    redrives.drain()
    Transaction.objects.filter(pk=failed.pk).update(
        status="failed", finished_at=timezone.now(), redrive_requested_at=asked_at
    )  # as if the worker had died before it wrote down what came of it
    redrives.drain()
    assert finish(failed).status == "succeeded"


def test_what_aws_will_not_redrive_stays_as_it_ended_and_says_why(failed: Transaction, operator: User) -> None:
    Execution.objects.filter(pk=failed.pk).update(arn=f"{failed.execution.arn}-unknown")
    recovery.redrive(failed, by=operator)
    redrives.drain()
    row = Transaction.objects.get(pk=failed.pk)
    assert (row.status, row.redrive_requested_at) == ("failed", None)
    assert "Execution Does Not Exist" in row.redrive_problem


def test_an_environment_without_redrive_says_what_to_do_instead(
    failed: Transaction, operator: User, client: Client, settings: LazySettings
) -> None:
    settings.EMBEDDED_AWS_IS_MENDED = False
    with pytest.raises(recovery.NotRedrivable, match="Run the transaction again instead"):
        recovery.redrive(failed, by=operator)
    client.force_login(operator)
    page = client.get(f"/transactions/{failed.pk}").content.decode()
    assert "Redrive is not available in this environment. Run the transaction again instead." in page
    assert "/redrive" not in page


def test_only_what_failed_not_long_ago_can_be_redriven(failed: Transaction) -> None:
    assert recovery.redrive_refusal(failed) == ""
    failed.finished_at = timezone.now() - timedelta(days=15)
    assert "more than 14 days ago" in recovery.redrive_refusal(failed)
    failed.status = "succeeded"
    assert "Only what has failed" in recovery.redrive_refusal(failed)
