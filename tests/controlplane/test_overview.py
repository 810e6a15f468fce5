"""The overview and the line about freshness, as a viewer gets them."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import (
    ChoiceResultFactory,
    DeploymentFactory,
    EnvironmentFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    TransactionFactory,
    UserFactory,
)
from transactions.models import Transaction
from workflows.models import Deployment, Environment
from workflows.services import access

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client: Client) -> Client:
    cache.clear()
    client.force_login(UserFactory.create(role="viewer"))
    return client


@pytest.fixture
def ran() -> None:
    """A purchase now and a refund two days ago."""
    deployment = DeploymentFactory.create()
    now = timezone.now()
    for days, branch in ((0, "ProcessPurchase"), (2, "ProcessRefund")):
        row = TransactionFactory.create(
            deployment=deployment, status="succeeded", created_at=now - timedelta(days=days)
        )
        ChoiceResultFactory.create(execution=row.execution, next=branch)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"ProcessPurchase"}),
        ("?range=1h", {"ProcessPurchase"}),
        ("?range=7d", {"ProcessPurchase", "ProcessRefund"}),
    ],
)
def test_the_range_chosen_is_what_is_counted_and_drawn(viewer: Client, ran: None, query: str, shown: set[str]) -> None:
    page = text(viewer.get(f"/{query}"))
    picture = page[page.index('<svg class="flow"') :]
    assert {name for name in ("ProcessPurchase", "ProcessRefund") if name in picture} == shown


def test_the_picture_has_the_same_as_a_table(viewer: Client, ran: None) -> None:
    page = text(viewer.get("/"))
    assert "<title>ProcessPurchase → Succeeded: 1</title>" in page
    assert "The flow as a table" in page
    assert "style=" not in page[page.index('<svg class="flow"') : page.index("The flow as a table")]


def test_nothing_in_the_range_is_said(viewer: Client) -> None:
    DeploymentFactory.create()
    assert "No transaction was accepted in the last 1 hour." in text(viewer.get("/?range=1h"))


def test_an_empty_installation_says_what_to_do_first(viewer: Client) -> None:
    EnvironmentFactory.create()
    page = text(viewer.get("/"))
    assert "Deploy a workflow first" in page
    DeploymentFactory.create()
    assert "Deploy a workflow first" not in text(viewer.get("/"))


def test_the_overview_takes_few_queries_however_much_ran(
    viewer: Client, ran: None, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(18):
        viewer.get("/?range=7d")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reached_at": None}, "AWS has not been asked yet."),
        ({"reached_at": timedelta(hours=2, minutes=30)}, "It last answered 2 h 30 min ago."),
        ({"unreachable_since": timedelta(seconds=3)}, "AWS cannot be reached since"),
    ],
)
def test_every_page_says_how_fresh_it_is(viewer: Client, changes: dict[str, timedelta | None], said: str) -> None:
    environment = EnvironmentFactory.create()
    times = {name: age and timezone.now() - age for name, age in changes.items()}
    Environment.objects.filter(pk=environment.pk).update(**times)
    assert said in text(viewer.get("/functions/"))
    assert said in text(viewer.get("/freshness"))


def test_runs_not_read_yet_are_counted_on_every_page(viewer: Client) -> None:
    row = TransactionFactory.create(status="running")
    row.execution.next_sync_at = timezone.now() - timedelta(minutes=1)
    row.execution.save()
    assert "1 run not read yet." in text(viewer.get("/functions/"))


def test_transactions_not_started_yet_are_counted_on_every_page(viewer: Client) -> None:
    TransactionFactory.create(status="accepted", next_attempt_at=timezone.now() - timedelta(minutes=1))
    page = text(viewer.get("/functions/"))
    assert "Out of step with AWS." in page
    assert "1 transaction not started yet." in page


def test_the_overview_is_sent_again_only_when_something_happened(viewer: Client, ran: None) -> None:
    page = text(viewer.get("/?range=1h"))
    (address,) = re.findall(r'hx-get="(/\?range=1h&amp;version=\w+)"', page)
    asked = {"path": address.replace("&amp;", "&"), "headers": {"HX-Request": "true"}}
    assert viewer.get(**asked).status_code == 204
    Transaction.objects.update(status="failed", version=F("version") + 1)
    part = text(viewer.get(**asked))
    assert "<html" not in part
    assert "ProcessPurchase → Failed: 1" in part


def test_what_failed_is_counted_as_its_list_counts_it(viewer: Client, ran: None) -> None:
    Transaction.objects.update(status="failed")
    page = text(viewer.get("/"))
    (address,) = re.findall(r'href="(/transactions/\?attention=failed[^"]*)"', page)
    assert "1 that fit" in text(viewer.get(address.replace("&amp;", "&")))


def test_what_was_not_deployed_needs_somebody_until_a_later_deployment_succeeds(viewer: Client) -> None:
    function = FunctionRevisionFactory.create(function__name="Broken", number=1)
    again = FunctionRevisionFactory.create(function=function.function, number=2)
    failed = {"status": "failed", "is_live": False, "error": "Denied", "cause": "Not allowed."}
    first = FunctionDeploymentFactory.create(function_revision=function, **failed)
    last = FunctionDeploymentFactory.create(environment=first.environment, function_revision=again, **failed)
    DeploymentFactory.create(environment=first.environment)  # another thing's success changes nothing
    page = text(viewer.get("/"))
    [listed] = re.findall(r'<section class="card" id="not-deployed".*?</section>', page, re.DOTALL)
    assert f'href="/deployments/{last.pk}"' in listed and f'href="/deployments/{first.pk}"' not in listed
    assert "Broken r2" in listed and "Denied: Not allowed." in listed
    secret = access.issue_token(UserFactory.create(role="viewer"), "ci", by=None)[1]
    told = viewer.get("/api/v1/summary", headers={"Authorization": f"Bearer {secret}"}).json()
    assert told["attention"]["not_deployed"] == 1
    FunctionDeploymentFactory.create(environment=first.environment, function_revision=again)
    assert 'id="not-deployed"' not in text(viewer.get("/"))


def test_a_deployment_that_waits_for_aws_needs_somebody_while_it_waits(viewer: Client) -> None:
    row = FunctionDeploymentFactory.create(status="requested", is_live=False, waiting_since=timezone.now())
    page = text(viewer.get("/"))
    assert 'id="not-deployed"' in page and "AWS could not be reached. It goes on by itself." in page
    Deployment.objects.filter(pk=row.pk).update(waiting_since=None)
    assert 'id="not-deployed"' not in text(viewer.get("/"))
