"""Submissions are checked, pinned and written once; whatever is wrong with them names the field."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.factories import DeploymentFactory, EnvironmentFactory, UserFactory
from transactions.models import BusinessKey, Execution, Transaction
from transactions.services import submissions
from transactions.services.submissions import Rejected, Submission
from workflows.models import Activity, Deployment, Environment, Fact, User
from workflows.services.access import Forbidden
from workflows.services.idempotency import KeyReused

pytestmark = pytest.mark.django_db

PURCHASE = '{"TransactionType": "PURCHASE", "CustomerId": "c-1", "Amount": 50.10}'


@pytest.fixture
def live() -> Deployment:
    return DeploymentFactory.create()


@pytest.fixture
def alice() -> User:
    return UserFactory.create()


def ask(live: Deployment, text: str = PURCHASE, **more: Any) -> Submission:
    assert live.workflow is not None
    return Submission(workflow=live.workflow.name, input=text, **more)


def problems(asked: Submission, by: User) -> dict[str, str]:
    with pytest.raises(Rejected) as refused:
        submissions.submit(asked, by=by)
    assert Transaction.objects.count() == 0
    return {problem.path: problem.message for problem in refused.value.problems}


def test_an_accepted_transaction_is_pinned_to_what_is_live(live: Deployment, alice: User) -> None:
    row = submissions.submit(ask(live), by=alice).transaction
    assert (row.status, row.deployment, row.revision) == ("accepted", live, live.workflow_revision)
    assert row.next_attempt_at is not None
    assert Execution.objects.filter(transaction=row).exists()
    assert Fact.objects.filter(kind="transaction.accepted", subject=str(row.pk)).exists()
    assert Activity.objects.filter(action="transaction.submit", subject_id=str(row.pk), by=alice).exists()


def test_the_stored_input_keeps_every_digit_and_the_order_of_keys(live: Deployment, alice: User) -> None:
    text = '{ "Amount": 1.10, "TransactionType": "REFUND", "CustomerId": "12345678901234567890.10",  "Big": 1e2 }'
    row = submissions.submit(ask(live, text), by=alice).transaction
    assert row.input == '{"Amount":1.10,"TransactionType":"REFUND","CustomerId":"12345678901234567890.10","Big":1e2}'


def test_business_keys_are_lifted_out_typed(live: Deployment, alice: User) -> None:
    row = submissions.submit(ask(live), by=alice).transaction
    found = {key.name: (key.text, key.number) for key in BusinessKey.objects.filter(transaction=row)}
    assert found == {"type": ("PURCHASE", None), "customer_id": ("c-1", None), "amount": ("50.10", Decimal("50.10"))}


def test_the_same_key_gives_the_same_transaction(live: Deployment, alice: User) -> None:
    first = submissions.submit(ask(live), by=alice, key="k")
    again = submissions.submit(ask(live), by=alice, key="k")
    assert (first.is_new, again.is_new) == (True, False)
    assert again.transaction.pk == first.transaction.pk
    assert Transaction.objects.count() == 1


def test_the_same_key_for_something_else_is_refused(live: Deployment, alice: User) -> None:
    submissions.submit(ask(live), by=alice, key="k")
    with pytest.raises(KeyReused):
        submissions.submit(ask(live, PURCHASE.replace("50.10", "99")), by=alice, key="k")
    assert Transaction.objects.count() == 1


def test_keys_of_two_people_do_not_meet(live: Deployment, alice: User) -> None:
    submissions.submit(ask(live), by=alice, key="k")
    assert submissions.submit(ask(live), by=UserFactory.create(), key="k").is_new


def test_a_problem_names_the_field(live: Deployment, alice: User) -> None:
    told = problems(ask(live, '{"TransactionType": "PURCHASE", "Amount": -1}'), alice)
    assert set(told) == {"/input/CustomerId", "/input/Amount"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="not JSON"),
        pytest.param("\ufeff{}", id="byte order mark"),
        pytest.param('{"TransactionType": NaN}', id="NaN"),
        pytest.param('{"Amount": 1e400}', id="infinite"),
        pytest.param('{"Amount": ' + "9" * 5000 + "}", id="5,000 digits"),
        pytest.param("[" * 100_000, id="depth 100,000"),
        pytest.param('{"a": 1, "a": 2}', id="duplicate keys"),
        pytest.param('{"a": "\\ud800"}', id="lone surrogate"),
        pytest.param('{"a": "\\u0000"}', id="NUL"),
        pytest.param(json.dumps("x" * 262_143), id="262,145 bytes"),
    ],
)
def test_bad_text_is_refused_and_nothing_is_stored(text: str, live: Deployment, alice: User) -> None:
    assert any(path.startswith("/input") for path in problems(ask(live, text), alice))


def test_an_unknown_workflow_is_named(live: Deployment, alice: User) -> None:
    assert "no workflow" in problems(Submission("nobody-knows", "{}"), alice)["/workflow"]


def test_an_unknown_environment_is_named(live: Deployment, alice: User) -> None:
    assert "no environment" in problems(ask(live, environment="moon"), alice)["/environment"]


def test_a_workflow_that_is_not_deployed_there_is_named(live: Deployment, alice: User) -> None:
    other: Environment = EnvironmentFactory.create(slug="other")
    assert "not deployed" in problems(ask(live, environment=other.slug), alice)["/workflow"]


def test_a_viewer_may_not_submit(live: Deployment) -> None:
    with pytest.raises(Forbidden):
        submissions.submit(ask(live), by=UserFactory.create(role="viewer"))
