"""What the overview counts, over REST."""

import pytest

from tests.factories import ChoiceResultFactory, DeploymentFactory, TransactionFactory
from tests.workflows.api.conftest import asker
from workflows.models import Deployment

pytestmark = pytest.mark.django_db
BRANCH = {"workflow": "transaction-processor", "state": "ProcessTransaction", "next": "ProcessRefund"}


@pytest.fixture
def deployment() -> Deployment:
    return DeploymentFactory.create()


@pytest.fixture(autouse=True)
def two_transactions(deployment: Deployment) -> None:
    ran = TransactionFactory.create(deployment=deployment, status="failed")
    ChoiceResultFactory.create(execution=ran.execution, state=BRANCH["state"], next=BRANCH["next"])
    TransactionFactory.create(deployment=deployment)


def test_a_summary_tells_what_needs_somebody_and_what_ended_how_by_which_branch() -> None:
    told = asker("viewer").get("summary?range=1h")
    assert told["attention"] == {"failed": 1, "stuck": 0, "waiting": 0, "not_deployed": 0}
    assert {status: count for status, count in told["outcomes"].items() if count} == {"failed": 1, "accepted": 1}
    none = {"workflow": "transaction-processor", "state": None, "next": None}
    assert sorted(told["branches"], key=str) == sorted(
        [{**BRANCH, "status": "failed", "count": 1}, {**none, "status": "accepted", "count": 1}], key=str
    )


def test_the_branches_of_a_workflow_are_counted_by_day() -> None:
    (row,) = asker("viewer").get("workflows/transaction-processor/branches")["results"]
    assert (row["state"], row["next"], row["count"], row["share"]) == (BRANCH["state"], BRANCH["next"], 1, 100)
    assert [day["count"] for day in row["days"]][-1] == 1
    assert asker("viewer").ask("GET", "workflows/none/branches").status_code == 404


def test_a_bound_token_counts_within_its_bounds_only() -> None:
    bound = asker(workflows=["transaction-processor"])
    assert bound.ask("GET", "summary").status_code == 403
    assert bound.get("workflows/transaction-processor/branches")["results"]
    assert asker(workflows=["another"]).ask("GET", "workflows/transaction-processor/branches").status_code == 403
    assert asker(environments=["another"]).ask("GET", "summary").status_code == 403
