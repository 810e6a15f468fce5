"""Filters, pages and reads of transactions."""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tests.factories import (
    BusinessKeyFactory,
    ChoiceResultFactory,
    DeploymentFactory,
    EnvironmentFactory,
    TransactionFactory,
    UserFactory,
    WorkflowRevisionFactory,
)
from transactions import selectors
from transactions.models import Transaction
from workflows.inputs import extract_keys
from workflows.models import Deployment, User

pytestmark = pytest.mark.django_db

Read = Callable[[QuerySet[Transaction]], QuerySet[Transaction]]


@pytest.fixture
def person() -> User:
    return UserFactory.create()


@pytest.fixture
def deployment() -> Deployment:
    return DeploymentFactory.create()


def found(query: str) -> set[uuid.UUID]:
    filters, problems = selectors.parse(QueryDict(query))
    assert not problems
    return {row.pk for row in selectors.find(filters)}


def problems(query: str) -> list[str]:
    return [problem.path for problem in selectors.parse(QueryDict(query))[1]]


def ids(*rows: Transaction) -> set[uuid.UUID]:
    return {row.pk for row in rows}


def new(deployment: Deployment, person: User, **values: object) -> Transaction:
    return TransactionFactory.create(deployment=deployment, created_by=person, **values)


def test_a_status_includes_and_not_status_excludes(deployment: Deployment, person: User) -> None:
    failed, timed_out, running = (
        new(deployment, person, status=status) for status in ("failed", "timed_out", "running")
    )
    assert found("status=failed&status=timed_out") == ids(failed, timed_out)
    assert found("not.status=failed&not.status=timed_out") == ids(running)
    assert found("status=&reference=") == ids(failed, timed_out, running)


def test_workflow_environment_and_reference_narrow_together(deployment: Deployment, person: User) -> None:
    other = DeploymentFactory.create(
        workflow_revision=WorkflowRevisionFactory.create(workflow__name="other"),
        environment=EnvironmentFactory.create(slug="test"),
    )
    here, there = new(deployment, person, reference="order-1"), new(other, person, reference="order-1")
    new(other, person, reference="order-2")
    assert found("workflow=other&reference=order-1") == ids(there)
    assert found("environment=test&reference=order-1") == ids(there)
    assert found("not.workflow=other") == ids(here)
    assert found("not.reference=order-2") == ids(here, there)


def test_a_branch_is_found_by_state_by_next_or_by_both(deployment: Deployment, person: User) -> None:
    purchase, refund, neither = (new(deployment, person) for _ in range(3))
    ChoiceResultFactory.create(execution=purchase.execution, next="ProcessPurchase")
    ChoiceResultFactory.create(execution=refund.execution, next="ProcessRefund", state="Sort")
    assert found("branch=ProcessTransaction->ProcessPurchase") == ids(purchase)
    assert found("branch=ProcessRefund") == found("branch=->ProcessRefund") == ids(refund)
    assert found("branch=Sort->") == ids(refund)
    assert found("branch=Sort->&branch=ProcessPurchase") == ids(purchase, refund)
    assert found("not.branch=ProcessPurchase") == ids(refund, neither)


def test_a_text_of_digits_is_found_letter_by_letter_and_a_number_too_long_as_it_was_written(
    deployment: Deployment, person: User
) -> None:
    sent = {"text": "0040", "long": Decimal("1.0000000000001"), "flag": True, "number": Decimal("40.10")}
    row = new(deployment, person)
    for key in extract_keys(sent, {name: f"$.{name}" for name in sent}):
        BusinessKeyFactory.create(transaction=row, name=key.name, text=key.text, number=key.number)
    fits = ("key.text=0040", "key.long=1.0000000000001", "key.flag=true", "key.number=4.01e1")
    unfit = ("key.text=40", "key.text=40.0", "key.long=1.00000000000010", "key.flag=1", "key.number=40")
    assert [found(query) for query in fits] == [ids(row)] * len(fits)
    assert [found(query) for query in unfit] == [set()] * len(unfit)


def test_a_longer_text_is_found_by_what_its_key_is(deployment: Deployment, person: User) -> None:
    text = "x" * 201
    row = new(deployment, person)
    for key in extract_keys({"o": text}, {"o": "$.o"}):
        BusinessKeyFactory.create(transaction=row, name=key.name, text=key.text, number=None)
    assert found(f"key.o={text[:200]}") == ids(row)
    for query in (f"key.o={text}", f"not.key.o={text}"):
        (problem,) = selectors.parse(QueryDict(query))[1]
        assert "The business key of a longer text is its first 200." in problem.message
    (problem,) = selectors.parse(QueryDict(f"reference={text}"))[1]
    assert "business key" not in problem.message


def test_excluding_a_workflow_does_not_narrow_an_excluded_branch(deployment: Deployment, person: User) -> None:
    other = DeploymentFactory.create(workflow_revision=WorkflowRevisionFactory.create(workflow__name="other"))
    purchase, kept = new(deployment, person), new(deployment, person)
    ChoiceResultFactory.create(execution=purchase.execution, next="ProcessPurchase")
    new(other, person)
    assert found("not.workflow=other&not.branch=ProcessPurchase") == ids(kept)


def test_a_business_key_is_found_by_text_and_by_the_number_it_is(deployment: Deployment, person: User) -> None:
    cheap, dear = new(deployment, person), new(deployment, person)
    BusinessKeyFactory.create(transaction=cheap, name="amount", text="50.10", number="50.10")
    BusinessKeyFactory.create(transaction=dear, name="amount", text="5000", number="5000")
    BusinessKeyFactory.create(transaction=dear, name="customer_id", text="c-7")
    assert found("key.amount=50.1") == found("key.amount=50.10") == ids(cheap)
    assert found("key.amount=5e3&key.customer_id=c-7") == ids(dear)
    assert found("key.amount=50.1&key.customer_id=c-7") == set()
    assert found("key.amount=50.1&key.amount=5000") == ids(cheap, dear)
    assert found("key.amount=12345678901234567") == found("key.amount=1e17") == set()
    assert found("not.key.amount=50.1") == ids(dear)
    assert found("not.key.amount=50.1&not.key.amount=5000") == set()
    assert found("key.amount=1e-999999999999") == found("key.amount=NaN") == set()


def test_dates_compare_with_the_time_in_the_id(deployment: Deployment, person: User) -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    times = [noon + timedelta(hours=hours) for hours in range(3)]
    at = [new(deployment, person, id=selectors.first_id(time), created_at=time) for time in times]
    assert found("created_after=2026-11-24T13:00:00Z") == ids(*at[1:])
    assert found("created_before=2026-11-24T13:00:00") == ids(at[0])
    assert found("created_after=2026-11-24T14:00:00%2B01:00&created_before=2026-11-25") == ids(*at[1:])
    assert found("created_after=0001-01-01&created_before=9999-12-31T23:59:59-23:59") == ids(*at)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("status=lost", "status"),
        ("not.status=lost", "not.status"),
        ("workflow=nothing-of-that-name", "workflow"),
        ("environment=mars", "environment"),
        ("created_after=yesterday", "created_after"),
        ("created_before=2026-13-01", "created_before"),
        ("colour=red", "colour"),
        ("key.=1", "key."),
        ("not.environment=default", "not.environment"),
        ("reference=a%00b", "reference"),
        ("key.a%00b=1", "key.a\0b"),
        (f"reference={'x' * 201}", "reference"),
        ("&".join(f"branch={n}" for n in range(11)), "branch"),
        ("&".join(f"key.{n}=1" for n in range(11)), "key.10"),
    ],
)
def test_what_is_wrong_is_told_by_the_parameters_name(query: str, path: str) -> None:
    EnvironmentFactory.create()
    assert problems(query) == [path]


def test_parameters_that_mean_something_else_are_left_alone() -> None:
    assert not selectors.parse(QueryDict("cursor=x&limit=3"), besides=("cursor", "limit"))[1]


def texts(rows: Iterable[Transaction]) -> list[str]:
    return [str(row.pk) for row in rows]


def test_pages_lead_on_and_back_over_every_row_once(deployment: Deployment, person: User) -> None:
    made = [new(deployment, person, id=uuid.UUID(int=n)) for n in range(1, 6)]
    newest_first = texts(reversed(made))
    rows = Transaction.objects.all()
    first = selectors.page(rows, limit=2)
    second = selectors.page(rows, first.next or "", 2)
    third = selectors.page(rows, second.next or "", 2)
    assert [texts(page.results) for page in (first, second, third)] == [
        newest_first[:2],
        newest_first[2:4],
        newest_first[4:],
    ]
    assert first.previous is None
    assert third.next is None
    back = selectors.page(rows, third.previous or "", 2)
    start = selectors.page(rows, back.previous or "", 2)
    assert (texts(back.results), texts(start.results)) == (newest_first[2:4], newest_first[:2])
    assert start.previous is None
    assert selectors.page(rows, start.next or "", 2) == second


def test_rows_that_arrive_meanwhile_do_not_shift_a_page(deployment: Deployment, person: User) -> None:
    for n in range(1, 5):
        new(deployment, person, id=uuid.UUID(int=n))
    first = selectors.page(Transaction.objects.all(), limit=2)
    new(deployment, person, id=uuid.UUID(int=9))
    second = selectors.page(Transaction.objects.all(), first.next or "", 2)
    assert texts(second.results) == texts([*map(Transaction, (uuid.UUID(int=2), uuid.UUID(int=1)))])


@pytest.mark.parametrize("cursor", ["x", "newer-", "newer-x", "1", "\0", "newer-newer-" + "0" * 32])
def test_a_cursor_nobody_gave_is_refused(cursor: str) -> None:
    with pytest.raises(selectors.BadCursor):
        selectors.page(Transaction.objects.all(), cursor)


def test_counting_stops_where_it_was_told_to(deployment: Deployment, person: User) -> None:
    for _ in range(3):
        new(deployment, person)
    rows = Transaction.objects.all()
    assert (selectors.count_up_to(rows, 2), selectors.count_up_to(rows)) == (2, 3)


@pytest.mark.parametrize("read", [selectors.listed, selectors.readable])
def test_the_number_of_queries_does_not_grow_with_the_rows(read: Read, deployment: Deployment, person: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            for row in selectors.page(read(selectors.find(selectors.Filters())), limit=100).results:
                told = row.workflow.name, row.revision.number, row.environment.slug, row.execution.arn
                assert told and list(row.keys.all())
                assert [one.next for one in row.execution.choices.all()]
        return len(captured)

    def add(rows: int) -> None:
        for _ in range(rows):
            row = new(deployment, person)
            BusinessKeyFactory.create(transaction=row)
            ChoiceResultFactory.create(execution=row.execution)

    add(1)
    few = queries()
    add(20)
    assert queries() == few == 3


def test_one_transaction_is_read_whole_in_three_queries(
    deployment: Deployment, person: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = new(deployment, person)
    ChoiceResultFactory.create(execution=row.execution)
    with django_assert_num_queries(3):
        read = selectors.get(row.pk)
        assert read is not None
        assert (read.workflow.name, read.execution.choices.all()[0].rules[0]["index"]) == ("transaction-processor", 0)
    assert selectors.get(uuid.uuid4()) is None
