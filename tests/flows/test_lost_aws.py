"""The embedded AWS has lost everything: what is live is deployed again from our rows, and nothing runs as another."""

import json
import shutil
from collections.abc import Callable

import pytest

from tests.factories import UserFactory
from tests.fixtures_aws import EmbeddedAws, Lead
from transactions.jobs import starts, sweeps, syncs
from transactions.models import Execution, Transaction
from transactions.services import submissions
from transactions.services.submissions import Submission
from workflows.jobs import deployments as jobs
from workflows.models import Deployment, Environment, User
from workflows.packaging import WorkflowDefinition
from workflows.services import definitions, deployments, environments

pytestmark = [pytest.mark.flow, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def deploy(result: str, environment: Environment, **state: object) -> Deployment:
    """A revision of the workflow that gives this result, or has another state than Pass, made live."""
    only = state or {"Type": "Pass", "Result": result}
    text = json.dumps({"StartAt": "A", "States": {"A": {**only, "End": True}}})
    revision = definitions.save_workflow(WorkflowDefinition("echo", "Echo", "STANDARD", {}, text, ""), by=None).revision
    asked = deployments.request(revision, environment, by=None)
    jobs.drain()
    return Deployment.objects.get(pk=asked.pk, status="succeeded")


def submit(by: User) -> Transaction:
    return submissions.submit(Submission("echo", "{}"), by=by).transaction


def run(row: Transaction) -> Transaction:
    starts.drain()
    for _ in range(50):
        Execution.objects.filter(pk=row.pk, next_sync_at__isnull=False).update(next_sync_at="2020-01-01T00:00Z")
        syncs.drain()
        row.refresh_from_db()
        if row.finished_at:
            break
    return row


def test_what_is_live_is_there_again_and_what_was_accepted_runs_what_it_was_accepted_for(
    another_embedded_aws: Callable[..., EmbeddedAws], lead_to: Lead
) -> None:
    operator = UserFactory.create(role="operator")
    first = another_embedded_aws()
    environment = lead_to(first)
    old = deploy("old", environment)
    for_old = submit(operator)
    new = deploy("new", environment)
    for_new = submit(operator)
    assert (old.version_arn[-2:], new.version_arn[-2:]) == (":1", ":2")

    first.process.kill()
    first.process.wait()
    shutil.rmtree(first.folder / "state")
    lead_to(another_embedded_aws())
    assert [one.revision for one in deployments.restore(environments.ensure_default(), by=None)] == [new.revision]
    jobs.drain()

    new.refresh_from_db()
    assert new.version_arn[-2:] == ":1"
    assert run(for_new).output == '"new"'
    lost = run(for_old)
    assert (lost.status, lost.error) == ("failed", "VersionLost")
    assert "Run it again" in lost.cause


def test_what_ran_when_it_was_killed_has_failed_and_says_why(
    another_embedded_aws: Callable[..., EmbeddedAws], lead_to: Lead
) -> None:
    operator = UserFactory.create(role="operator")
    first = another_embedded_aws()
    deploy("", lead_to(first), Type="Wait", Seconds=600)
    row = submit(operator)
    starts.drain()
    row.refresh_from_db()
    assert row.status == "running"

    first.process.kill()
    first.process.wait()
    lead_to(another_embedded_aws())
    Transaction.objects.update(started_at="2020-01-01T00:00Z")  # lists lag behind: the newest are not looked for
    Execution.objects.update(next_sync_at=None)
    assert sweeps.find_ended() == 1
    ended = run(row)
    assert (ended.status, ended.error) == ("failed", "EmbeddedAws.Stopped")
    assert "was stopped or killed while this execution ran" in ended.cause


def test_what_a_deleted_machine_ran_is_read_and_aws_is_not_called_unreachable(
    environment: Environment, embedded_aws: EmbeddedAws
) -> None:
    live = deploy("", environment, Type="Wait", Seconds=600)
    row = submit(UserFactory.create(role="operator"))
    starts.drain()
    embedded_aws.client("stepfunctions").delete_state_machine(stateMachineArn=live.resource_arn)
    Transaction.objects.update(started_at="2020-01-01T00:00Z")
    Execution.objects.update(next_sync_at=None)
    assert sweeps.find_ended() == 1
    environment.refresh_from_db()
    assert environment.unreachable_since is None
    assert Execution.objects.get(pk=row.pk).next_sync_at


def test_what_is_being_deployed_anyway_is_not_asked_for_again(environment: Environment) -> None:
    deploy("one", environment)
    text = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    newer = definitions.save_workflow(WorkflowDefinition("echo", "Echo", "STANDARD", {}, text, ""), by=None).revision
    deployments.request(newer, environment, by=None)
    assert deployments.restore(environment, by=None) == []
