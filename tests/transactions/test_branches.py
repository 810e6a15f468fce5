"""Which branches were taken, day by day."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from tests.answers import text
from tests.factories import ChoiceResultFactory, DeploymentFactory, EnvironmentFactory, TransactionFactory, UserFactory
from transactions import branches
from transactions.models import ChoiceResult
from workflows.models import Deployment

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment() -> Deployment:
    return DeploymentFactory.create()


def took(deployment: Deployment, goes_to: str, days_ago: int = 0) -> ChoiceResult:
    execution = TransactionFactory.create(deployment=deployment).execution
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return ChoiceResultFactory.create(execution=execution, next=goes_to, at=at)


def mix(deployment: Deployment) -> branches.Mix:
    assert deployment.workflow
    return branches.mix(deployment.workflow, deployment.environment)


def test_branches_are_counted_with_their_share_the_most_taken_first(deployment: Deployment) -> None:
    for goes_to in ("ProcessRefund", "ProcessPurchase", "ProcessPurchase", ""):
        took(deployment, goes_to)
    rows = [(row.next, row.count, row.share) for row in mix(deployment).rows]
    assert rows == [("ProcessPurchase", 2, 50), ("", 1, 25), ("ProcessRefund", 1, 25)]


def test_pages_have_them_by_choice_state_within_which_shares_add_up(deployment: Deployment) -> None:
    for state, goes_to in (("Size", "Long"), ("Kind", "Refund"), ("Size", "Short"), ("Size", "Long")):
        ChoiceResultFactory.create(
            execution=TransactionFactory.create(deployment=deployment).execution,
            state=state,
            next=goes_to,
            at=datetime.now(UTC),
        )
    grouped = [(state, [(row.next, row.share) for row in rows]) for state, rows in mix(deployment).by_choice]
    assert grouped == [("Size", [("Long", 67), ("Short", 33)]), ("Kind", [("Refund", 100)])]


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_each_day_has_its_bar(deployment: Deployment, hour: int) -> None:
    with time_machine.travel(datetime(2026, 3, 4, hour, 59, 59, tzinfo=UTC), tick=False):
        has_its_bar(deployment)


def has_its_bar(deployment: Deployment) -> None:
    took(deployment, "ProcessPurchase")
    took(deployment, "ProcessPurchase", days_ago=2)
    took(deployment, "ProcessPurchase", days_ago=2)
    (row,) = mix(deployment).rows
    assert [bar.count for bar in row.bars][-3:] == [2, 0, 1]
    assert [bar.height for bar in row.bars][-3:] == [100, 0, 50]
    assert len(row.bars) == branches.DAYS


def test_another_environment_is_not_counted(deployment: Deployment) -> None:
    took(deployment, "ProcessPurchase")
    assert deployment.workflow
    assert not branches.mix(deployment.workflow, EnvironmentFactory.create(slug="other")).rows


def test_the_page_leads_from_a_branch_to_its_transactions(client: Client, deployment: Deployment) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    took(deployment, "ProcessRefund")
    shown = text(client.get("/transactions/summary?workflow=transaction-processor"))
    link = "/transactions/?workflow=transaction-processor&amp;branch=ProcessTransaction-%3EProcessRefund"
    assert link in shown
    found = client.get(link.replace("&amp;", "&"))
    assert len(found.context["page"].results) == 1


def test_a_workflow_that_is_not_is_not_found(client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    assert client.get("/transactions/summary?workflow=nothing").status_code == 404
