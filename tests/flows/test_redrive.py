"""What failed goes on where it failed: the same execution, with what had succeeded kept."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import HookFactory, UserFactory
from tests.flows.conftest import needs_mends
from transactions.jobs import fanout, redrives, starts, syncs
from transactions.models import Delivery, Execution, Transaction
from transactions.services import recovery, submissions
from transactions.services.submissions import Submission
from workflows import packaging
from workflows.aws import stepfunctions
from workflows.jobs import deployments as jobs
from workflows.jobs.targets import target_of
from workflows.models import Activity, Deployment, Environment, Fact, User
from workflows.packaging import FunctionDefinition, WorkflowDefinition
from workflows.services import access, definitions, deployments

pytestmark = [
    pytest.mark.flow,
    pytest.mark.django_db(transaction=True),
    needs_mends("The embedded AWS cannot redrive without its mends"),
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


def told_of(row: Transaction) -> list[str]:
    kinds = Fact.objects.filter(subject=str(row.pk)).order_by("pk").values_list("kind", flat=True)
    return [kind.removeprefix("transaction.") for kind in kinds]


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
    Execution.objects.filter(pk=failed.pk).update(redrives=0)
    redrives.drain()
    assert finish(failed).status == "succeeded"


def test_an_end_from_before_the_redrive_is_not_taken_for_the_end(
    failed: Transaction, operator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS's histories are eventually consistent: the first read after the redrive may still be the old one."""
    (tmp_path / "switch").touch()
    target = target_of(failed.environment)
    before = list(stepfunctions.execution_history(target, failed.execution.arn))
    recovery.redrive(failed, by=operator)
    redrives.drain()
    with monkeypatch.context() as lagging:
        lagging.setattr(stepfunctions, "execution_history", lambda target, arn: before)
        Execution.objects.update(next_sync_at=timezone.now())
        assert syncs.drain() == 1
    row = Transaction.objects.select_related("execution").get(pk=failed.pk)
    assert (row.status, row.execution.status, row.execution.read_at) == ("running", "RUNNING", None)
    assert row.execution.next_sync_at is not None
    assert finish(failed).status == "succeeded"
    assert told_of(failed) == ["accepted", "started", "failed", "redriven", "succeeded"]


def test_who_reads_while_it_is_redriven_does_not_write_the_end_before(
    failed: Transaction, operator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "switch").touch()
    before = list(stepfunctions.execution_history(target_of(failed.environment), failed.execution.arn))

    def redriven_meanwhile(target: object, arn: str) -> Iterator[list[dict[str, Any]]]:
        recovery.redrive(failed, by=operator)
        redrives.drain()
        return iter(before)

    with monkeypatch.context() as slow:
        slow.setattr(stepfunctions, "execution_history", redriven_meanwhile)
        Execution.objects.update(next_sync_at=timezone.now())
        syncs.drain()
    row = Transaction.objects.select_related("execution").get(pk=failed.pk)
    assert (row.status, row.execution.redrives, row.execution.read_at) == ("running", 1, None)
    assert finish(failed).status == "succeeded"


def test_hooks_are_told_of_every_end_and_of_the_start_once(failed: Transaction, operator: User, tmp_path: Path) -> None:
    hook = HookFactory.create(created_at=failed.created_at)
    recovery.redrive(failed, by=operator)
    redrives.drain()
    assert finish(failed).status == "failed"
    (tmp_path / "switch").touch()
    recovery.redrive(Transaction.objects.get(pk=failed.pk), by=operator)
    redrives.drain()
    assert finish(failed).status == "succeeded"
    fanout.drain()
    sent = Delivery.objects.filter(hook=hook, status="pending", subject=str(failed.pk)).order_by("pk")
    told = [(one.kind.removeprefix("transaction."), json.loads(one.body)["data"]["error"]) for one in sent]
    assert told == [
        ("accepted", None),
        ("started", None),
        ("failed", "RuntimeError"),
        ("failed", "RuntimeError"),
        ("succeeded", None),
    ]


def test_pages_and_api_tell_the_redriven_run_in_the_order_it_went(
    failed: Transaction, operator: User, tmp_path: Path, client: Client
) -> None:
    (tmp_path / "switch").touch()
    recovery.redrive(failed, by=operator)
    redrives.drain()
    row = finish(failed)
    kinds = list(row.execution.events.values_list("type", flat=True))
    assert kinds.index("ExecutionFailed") < kinds.index("ExecutionRedriven") < kinds.index("ExecutionSucceeded")
    client.force_login(operator)
    page = text(client.get(f"/transactions/{row.pk}/events"))
    told = ("ExecutionStarted", "ExecutionFailed", "ExecutionRedriven", "ExecutionSucceeded")
    places = [page.index(f">{kind}<") for kind in told]
    assert places == sorted(places)
    token = access.issue_token(operator, "script", by=operator)[1]
    events = client.get(f"/api/v1/transactions/{row.pk}/events", headers={"Authorization": f"Bearer {token}"}).json()
    assert [event["type"] for event in events["results"]] == kinds
    visits = list(row.execution.visits.all())
    assert [(visit.state, visit.status, len(visit.attempts)) for visit in visits] == [
        ("First", "ok", 0), ("Second", "ok", 2),
    ]  # fmt: skip


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
