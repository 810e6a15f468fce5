"""A workflow may say that a reference is taken once: in one environment, and not by what is run again."""

import pytest

from tests.factories import DeploymentFactory, EnvironmentFactory, UserFactory, WorkflowRevisionFactory
from transactions.models import Transaction
from transactions.services import recovery, submissions
from transactions.services.submissions import Rejected, Submission

pytestmark = pytest.mark.django_db
TEXT = '{"TransactionType": "PURCHASE", "CustomerId": "c-1", "Amount": 1}'


@pytest.mark.parametrize(("is_unique", "count"), [(True, 1), (False, 2)])
def test_a_reference_is_taken_once_where_the_workflow_says_so(is_unique: bool, count: int) -> None:
    revision = WorkflowRevisionFactory.create(unique_references=is_unique)
    DeploymentFactory.create(workflow_revision=revision)
    alice = UserFactory.create()
    asked = Submission("transaction-processor", TEXT, reference="order-1")
    first = submissions.submit(asked, by=alice).transaction
    if is_unique:
        with pytest.raises(Rejected) as refused:
            submissions.submit(asked, by=alice)
        assert (refused.value.status, refused.value.problems[0].path) == (409, "/reference")
    else:
        submissions.submit(asked, by=alice)
    assert Transaction.objects.count() == count
    for _ in range(2):
        submissions.submit(Submission("transaction-processor", TEXT), by=alice)
    assert recovery.run_again(first, by=alice).transaction.reference == "order-1"


def test_another_environment_has_references_of_its_own() -> None:
    revision = WorkflowRevisionFactory.create(unique_references=True)
    for slug in ("default", "live"):
        DeploymentFactory.create(workflow_revision=revision, environment=EnvironmentFactory.create(slug=slug))
        submissions.submit(Submission("transaction-processor", TEXT, slug, "order-1"), by=UserFactory.create())
    assert Transaction.objects.count() == 2
