"""Which environment a page is of: two tabs of one session may show two of them."""

import re

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import DeploymentFactory, EnvironmentFactory, TransactionFactory, UserFactory
from transactions.models import Transaction
from workflows.models import Deployment, Environment

pytestmark = pytest.mark.django_db
INPUT = {"in.TransactionType": "PURCHASE", "in.CustomerId": "C-1", "in.Amount": "1"}
NEW = "/transactions/new?workflow=transaction-processor"


@pytest.fixture
def here() -> Deployment:
    return DeploymentFactory.create()


@pytest.fixture
def production(here: Deployment) -> Environment:
    elsewhere = EnvironmentFactory.create(slug="production", title="Production", is_production=True, colour="red")
    DeploymentFactory.create(environment=elsewhere, workflow_revision=here.workflow_revision)
    return elsewhere


@pytest.fixture
def client(here: Deployment, production: Environment) -> Client:
    signed_in = Client()
    signed_in.force_login(UserFactory.create(role="admin"))
    return signed_in


def look_at(client: Client, slug: str) -> None:
    client.post("/environment", {"environment": slug})


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    form = page[page.index('id="draft"') :]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[: form.index("</form>")]))


def test_a_form_is_sent_to_the_environment_it_says_whatever_another_tab_looks_at_since(
    client: Client, here: Deployment
) -> None:
    sent = fields(text(client.get(NEW)))
    look_at(client, "production")
    answer = client.post(
        NEW, {**sent, "mode": "json", "input": '{"TransactionType": "PURCHASE", "CustomerId": "C", "Amount": 1}'}
    )
    assert answer.status_code == 302, text(answer)
    assert Transaction.objects.get().environment == here.environment


def test_the_answer_is_of_the_environment_it_was_sent_to_and_one_that_is_chosen_of_that(
    client: Client, here: Deployment
) -> None:
    revision = here.workflow_revision
    assert revision
    page = f"/workflows/{revision.workflow.name}"
    sent = {"revision": str(revision.number), "environment-seen": here.environment.slug}
    assert "environment=" not in client.post(f"{page}/deploy", sent)["Location"]
    look_at(client, "production")
    assert client.post(f"{page}/deploy", sent)["Location"].endswith(f"environment={here.environment.slug}#deployment")
    chosen = client.post("/environment", {"environment": here.environment.slug, "environment-seen": "production"})
    assert "environment=" not in chosen["Location"]


def test_a_form_of_an_environment_that_is_gone_does_nothing(client: Client, production: Environment) -> None:
    look_at(client, "production")
    sent = fields(text(client.get(NEW)))
    Deployment.objects.filter(environment=production).delete()
    production.delete()
    answer = client.post(NEW, {**sent, "mode": "json", "input": "{}"})
    assert answer.status_code == 422
    assert not Transaction.objects.exists()


def test_what_a_page_asks_for_by_itself_is_of_the_environment_it_shows(client: Client, here: Deployment) -> None:
    page = text(client.get("/"))
    assert f'hx-headers=\'{{"X-Environment-Seen": "{here.environment.slug}"}}\'' in page
    look_at(client, "production")
    asked = client.get("/", headers={"HX-Request": "true", "X-Environment-Seen": here.environment.slug})
    assert asked.context["environment"] == here.environment


def test_the_page_of_a_transaction_is_one_of_its_environment(client: Client, here: Deployment) -> None:
    row = TransactionFactory.create(deployment=here)
    look_at(client, "production")
    for address in (f"/transactions/{row.pk}", f"/transactions/{row.pk}/history", f"/transactions/{row.pk}/again"):
        page = text(client.get(address))
        assert "production-stripe" not in page, address
        assert 'name="next" value="/transactions/"' in page  # there is no such page of another environment


def test_the_page_of_a_deployment_is_one_of_its_environment(client: Client, here: Deployment) -> None:
    look_at(client, "production")
    assert "production-stripe" not in text(client.get(f"/deployments/{here.pk}"))


def test_an_address_that_names_an_environment_shows_that_one_and_filters_keep_it(
    client: Client, here: Deployment, production: Environment
) -> None:
    TransactionFactory.create(deployment=here, reference="alpha-1")
    look_at(client, "production")
    saved = f"/transactions/?environment={here.environment.slug}&status=accepted"
    page = text(client.get(saved))
    assert "alpha-1" in page
    assert "production-stripe" not in page
    assert 'name="next" value="/transactions/?status=accepted"' in page  # choosing another one leaves this one
    assert '<input type="hidden" name="environment" value="production">' in text(client.get("/transactions/"))


def test_where_there_is_one_environment_no_filter_names_it(client: Client, production: Environment) -> None:
    Deployment.objects.filter(environment=production).delete()
    production.delete()
    assert (
        'name="environment"' not in text(client.get("/transactions/")).split('class="filters"')[1].split("</form>")[0]
    )
