"""How transactions flowed, counted by branch and outcome."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import (
    ChoiceResultFactory,
    DeploymentFactory,
    EnvironmentFactory,
    TransactionFactory,
    UserFactory,
)
from transactions import flows, freshness, summaries
from transactions.models import Transaction
from workflows.models import Deployment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def deployment() -> Deployment:
    return DeploymentFactory.create()


@pytest.fixture
def since() -> datetime:
    return timezone.now() - timedelta(hours=1)


def run(deployment: Deployment, status: str, *branches: str, at: datetime | None = None) -> Transaction:
    row = TransactionFactory.create(deployment=deployment, status=status, created_at=at or timezone.now())
    for branch in branches:
        ChoiceResultFactory.create(execution=row.execution, next=branch)
    return row


def counts(flow: flows.Flow) -> list[tuple[str, str, int]]:
    return [(stream.next, stream.status.value, stream.count) for stream in flow.streams]


def test_streams_are_counted_by_branch_and_outcome(deployment: Deployment, since: datetime) -> None:
    for status in ("succeeded", "succeeded", "failed"):
        run(deployment, status, "ProcessPurchase")
    run(deployment, "failed", "ProcessRefund")
    assert counts(flows.read(deployment.environment, since)) == [
        ("ProcessPurchase", "succeeded", 2),
        ("ProcessPurchase", "failed", 1),
        ("ProcessRefund", "failed", 1),
    ]


def test_a_branch_taken_again_and_again_counts_once_for_each_transaction(
    deployment: Deployment, since: datetime
) -> None:
    run(deployment, "succeeded", "Again", "Again", "Again")
    assert counts(flows.read(deployment.environment, since)) == [("Again", "succeeded", 1)]


def test_workflows_and_outcomes_count_each_transaction_once(deployment: Deployment, since: datetime) -> None:
    run(deployment, "succeeded", "Buy", "Ship")
    run(deployment, "failed", "Buy")
    run(deployment, "succeeded")
    flow = flows.read(deployment.environment, since)
    assert flow.outcomes == {
        status.value: count for status, count in summaries.outcomes(deployment.environment, since).counts if count
    }
    assert flow.workflows == {deployment.workflow and deployment.workflow.name: 3}
    assert sum(stream.count for stream in flow.streams) == 4


def test_what_reached_no_choice_flows_too(deployment: Deployment, since: datetime) -> None:
    run(deployment, "accepted")
    assert counts(flows.read(deployment.environment, since)) == [("", "accepted", 1)]


def test_another_time_and_another_environment_are_left_out(deployment: Deployment, since: datetime) -> None:
    run(deployment, "succeeded", "ProcessPurchase", at=since - timedelta(minutes=1))
    run(DeploymentFactory.create(environment=EnvironmentFactory.create(slug="other")), "succeeded", "ProcessRefund")
    assert flows.read(deployment.environment, since).streams == []


def test_the_branches_taken_least_are_left_out_and_counted(deployment: Deployment, since: datetime) -> None:
    for n in range(flows.MOST_BRANCHES + 2):
        run(deployment, "succeeded", f"B{n:02}")
    run(deployment, "succeeded", "B13")
    flow = flows.read(deployment.environment, since)
    assert flow.left_out == 2
    assert flow.streams[0].next == "B13"


def test_a_count_leads_to_just_those_transactions(client: Client, deployment: Deployment, since: datetime) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    wanted = run(deployment, "failed", "ProcessRefund")
    others = [run(deployment, "succeeded", "ProcessRefund"), run(deployment, "failed", "ProcessPurchase")]
    refunds = next(
        one
        for one in flows.read(deployment.environment, since).streams
        if (one.next, one.status.value) == ("ProcessRefund", "failed")
    )
    page = text(client.get(refunds.href))
    assert str(wanted.pk) in page
    assert not any(str(other.pk) in page for other in others)


def test_a_flow_costs_two_queries_however_much_ran(
    deployment: Deployment, since: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(20):
        run(deployment, "succeeded", f"B{n % 5}")
    with django_assert_num_queries(2):
        flows.read(deployment.environment, since)


def test_outcomes_count_only_the_time_asked_for(deployment: Deployment, since: datetime) -> None:
    run(deployment, "succeeded")
    run(deployment, "succeeded", at=since - timedelta(minutes=1))
    found = {status.value: count for status, count in summaries.outcomes(deployment.environment, since).counts}
    assert (found["succeeded"], sum(found.values())) == (1, 1)


def test_runs_due_and_not_read_are_told_and_what_has_just_become_due_is_not(deployment: Deployment) -> None:
    now = timezone.now()
    for seconds in (60, 30, 0):
        row = run(deployment, "running")
        type(row.execution).objects.filter(pk=row.pk).update(next_sync_at=now - timedelta(seconds=seconds))
    found = freshness.read(deployment.environment)
    assert found is not None
    assert found.unread == 2


def test_transactions_that_ought_to_have_been_started_are_told(deployment: Deployment) -> None:
    now = timezone.now()
    for status, seconds in (("accepted", 60), ("starting", 30), ("accepted", 0), ("running", 60)):
        row = run(deployment, status)
        type(row).objects.filter(pk=row.pk).update(next_attempt_at=now - timedelta(seconds=seconds))
    found = freshness.read(deployment.environment)
    assert found is not None
    assert found.unstarted == 2


def test_freshness_is_remembered_for_a_moment(
    deployment: Deployment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    freshness.read(deployment.environment)
    with django_assert_num_queries(0):
        freshness.read(deployment.environment)
