"""The list of transactions, its filters and its pages."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import (
    BusinessKeyFactory,
    ChoiceResultFactory,
    TransactionFactory,
)
from tests.transactions.samples import ran
from transactions import freshness
from workflows.models import Deployment, User

pytestmark = pytest.mark.django_db


def test_the_list_shows_branch_keys_and_errors(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, status="failed", error="PaymentDeclined", reference="order-9")
    ChoiceResultFactory.create(execution=row.execution)
    BusinessKeyFactory.create(transaction=row, name="amount", text="50.25")
    shown = text(page.get("/transactions/"))
    assert '<datalist id="filter-branches"><option value="ProcessPurchase">' in shown
    for words in ("order-9", "ProcessPurchase", "PaymentDeclined", "50.25", "Failed"):
        assert words in shown


def test_filters_are_in_the_address_and_shown_as_chips(page: Client, operator: User, deployment: Deployment) -> None:
    ran(deployment, operator, reference="good-1")
    ran(deployment, operator, status="failed", reference="bad-1")
    shown = text(page.get("/transactions/?status=failed&workflow=transaction-processor"))
    assert "bad-1" in shown
    assert "good-1" not in shown
    assert "status: Failed" in shown
    assert 'href="?workflow=transaction-processor"' in shown


def test_filters_no_control_shows_are_carried_along(page: Client, deployment: Deployment) -> None:
    shown = text(page.get("/transactions/?not.status=succeeded&cursor="))
    assert '<input type="hidden" name="not.status" value="succeeded">' in shown


def test_one_workflow_gives_its_business_keys_as_columns_and_filters(
    page: Client, operator: User, deployment: Deployment
) -> None:
    BusinessKeyFactory.create(transaction=ran(deployment, operator, reference="a-1"), name="customer_id", text="c-1")
    BusinessKeyFactory.create(transaction=ran(deployment, operator, reference="b-1"), name="customer_id", text="c-2")
    shown = text(page.get("/transactions/?workflow=transaction-processor&key.customer_id=c-2"))
    assert '<th scope="col">customer_id</th>' in shown
    assert "b-1" in shown
    assert "a-1" not in shown


def test_a_filter_that_cannot_be_understood_says_so(page: Client, deployment: Deployment) -> None:
    shown = text(page.get("/transactions/?status=nonsense&created_after=yesterday"))
    assert "no status" in shown
    assert "created_after" in shown
    assert "Nothing was looked for" in shown
    assert "that fit" not in shown


def test_the_form_keeps_every_value_of_the_address(page: Client) -> None:
    shown = page.get("/transactions/?status=failed&status=timed_out").content.decode()
    assert '<input type="hidden" name="status" value="failed">' in shown
    assert '<option value="timed_out" selected>' in shown


def test_what_needs_somebody_can_be_listed(page: Client, operator: User, deployment: Deployment) -> None:
    since = timezone.now()
    TransactionFactory.create(deployment=deployment, created_by=operator, reference="waits-1", waiting_since=since)
    TransactionFactory.create(deployment=deployment, created_by=operator, reference="stuck-1", stuck_since=since)
    TransactionFactory.create(deployment=deployment, created_by=operator, reference="fine-1")
    stuck = text(page.get("/transactions/?attention=stuck"))
    assert "stuck-1" in stuck
    assert "waits-1" not in stuck
    assert "fine-1" not in stuck
    assert "waits-1" in text(page.get("/transactions/?attention=waiting"))


def test_what_no_text_can_have_is_found_nowhere(page: Client, operator: User, deployment: Deployment) -> None:
    TransactionFactory.create(deployment=deployment, created_by=operator, reference="fine-1")
    assert "fine-1" in text(page.get("/transactions/?q=fine-1"))
    assert "fine-1" not in text(page.get("/transactions/?q=%00"))


def test_pages_lead_to_older_ones_and_back(page: Client, operator: User, deployment: Deployment) -> None:
    begin = timezone.now() - timedelta(hours=2)
    for number in range(60):
        at = begin + timedelta(minutes=number)
        TransactionFactory.create(deployment=deployment, created_by=operator, reference=f"n-{number:02}", created_at=at)
    first = page.get("/transactions/")
    assert "n-59" in text(first)
    assert "n-09" not in text(first)
    second = page.get("/transactions/", {"cursor": first.context["page"].next})
    assert "n-09" in text(second)
    assert "n-10" not in text(second)
    back = page.get("/transactions/", {"cursor": second.context["page"].previous})
    assert "n-10" in text(back)


def test_a_cursor_nobody_gave_leads_to_the_beginning_with_the_same_filters(page: Client) -> None:
    answer = page.get("/transactions/?cursor=nonsense&status=failed", follow=True)
    assert answer.redirect_chain == [("/transactions/?status=failed", 302)]
    assert "this is where it begins" in text(answer)


def test_an_old_bookmark_is_told_what_is_unknown_in_it(page: Client, deployment: Deployment) -> None:
    shown = page.get("/transactions/?branch=nonsense&not.key.nosuch=1")
    assert shown.status_code == 200
    assert "There is no branch “nonsense”; there are ProcessTransaction-&gt;ProcessPurchase" in text(shown)
    assert "There is no business key “nosuch”; there are " in text(shown)
    assert "Nothing was looked for" in text(shown)
    newer = f"/transactions/newer?newer-than={UUID(int=0)}&branch=nonsense"
    assert page.get(newer).status_code == 204
    assert page.get("/transactions/export.csv?branch=nonsense").status_code == 400


def test_filters_that_fit_nothing_say_how_to_go_on(page: Client, deployment: Deployment) -> None:
    assert "None fits all of these filters" in text(page.get("/transactions/?status=aborted"))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?workflow=transaction-processor&not.workflow=transaction-processor&environment=default",
        "?workflow=transaction-processor&status=succeeded&branch=ProcessPurchase&key.customer_id=C-1&created_before=2100-01-01",
    ],
)
def test_the_list_costs_the_same_with_many_rows_and_filters(
    query: str,
    page: Client,
    operator: User,
    deployment: Deployment,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(freshness, "REMEMBERED_S", 60)  # a busy machine takes longer than two seconds over a page
    for _ in range(20):
        row = ran(deployment, operator)
        ChoiceResultFactory.create(execution=row.execution)
        BusinessKeyFactory.create(transaction=row)
    cache.clear()  # another test's may be about to be forgotten
    page.get("/transactions/")  # what is remembered for seconds is asked for once
    with django_assert_max_num_queries(8):
        page.get(f"/transactions/{query}")


def test_an_error_is_broken_at_its_dot(page: Client, deployment: Deployment) -> None:
    TransactionFactory.create(deployment=deployment, status="failed", error="Runtime.UserCodeSyntaxError")
    assert "Runtime.<wbr>UserCodeSyntaxError" in text(page.get("/transactions/"))
