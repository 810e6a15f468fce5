"""Signing in, the frame of every page, and what is said when something goes wrong."""

import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.answers import text
from tests.factories import (
    PASSWORD,
    BusinessKeyFactory,
    DeploymentFactory,
    EnvironmentFactory,
    TransactionFactory,
    UserFactory,
)
from workflows.models import User

pytestmark = pytest.mark.django_db
STRICT = "default-src 'self'"


@pytest.fixture
def person() -> User:
    return UserFactory.create(username="olga")


@pytest.fixture
def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def test_one_signs_in_with_a_plain_form(person: User) -> None:
    client = Client(enforce_csrf_checks=True)
    page = text(client.get("/login"))
    token = re.search(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"', page)
    assert token
    sent = {"username": "olga", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    answer = client.post("/login", sent, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "olga" in text(answer)


def test_a_wrong_password_says_so_and_keeps_the_name(client: Client, person: User) -> None:
    page = text(client.post("/login", {"username": "olga", "password": "wrong"}))
    assert "do not match" in page
    assert 'value="olga"' in page


def test_after_signing_in_one_gets_where_one_wanted_to_go(client: Client, person: User) -> None:
    assert client.get("/functions/").headers["Location"] == "/login?next=/functions/"
    sent = {"username": "olga", "password": PASSWORD, "next": "/functions/"}
    assert client.post("/login", sent).headers["Location"] == "/functions/"


def test_what_is_not_there_or_not_allowed_keeps_the_rail_and_the_search_for_who_is_signed_in(
    signed_in: Client, client: Client
) -> None:
    for address, status in (("/transactions/nothing", 404), ("/workflows/new/", 403)):
        answer = signed_in.get(address)
        assert answer.status_code == status
        assert 'class="rail"' in text(answer)
        assert 'role="search"' in text(answer)
    client.logout()
    assert 'class="rail"' not in text(client.get("/static/nothing.css"))


def test_signing_out_ends_the_session(signed_in: Client) -> None:
    signed_in.post("/logout")
    assert signed_in.get("/").status_code == 302


def test_a_part_of_a_page_whose_session_ended_tells_its_page(client: Client) -> None:
    answer = client.get("/transactions/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (401, "signed-out")


def test_what_is_sent_after_the_session_ended_is_said_not_to_be_done_and_leads_back(client: Client) -> None:
    page = "http://testserver/transactions/new?workflow=a"
    answer = client.post("/transactions/new?workflow=a", headers={"Referer": page}, follow=True)
    assert "What you sent was not done." in text(answer)
    assert 'name="next" value="/transactions/new?workflow=a"' in answer.content.decode()
    elsewhere = client.post("/transactions/new", headers={"Referer": "https://evil.example/transactions/"})
    assert elsewhere.headers["Location"] == "/login?next=%2F&undone="


@pytest.mark.parametrize("path", ["/login", "/", "/transactions/", "/nowhere", "/healthz", "/deployments/999"])
def test_every_answer_carries_the_strict_headers(signed_in: Client, path: str) -> None:
    headers = signed_in.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert STRICT in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


def test_a_failure_is_said_without_details_and_with_the_same_headers(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("transactions.summaries.attention", fail)
    signed_in.raise_request_exception = False
    answer = signed_in.get("/")
    assert answer.status_code == 500
    assert "Something went wrong" in text(answer)
    assert "secret detail" not in text(answer)
    assert STRICT in answer.headers["Content-Security-Policy"]


def test_a_failure_is_said_even_where_static_files_were_never_collected(
    signed_in: Client, settings: LazySettings, tmp_path: Path
) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "controlplane.storage.StaticStorage"}}
    settings.STATIC_ROOT = str(tmp_path)
    signed_in.raise_request_exception = False
    answer = signed_in.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side. The failure has been written to the log." in answer.content.decode()


def test_what_is_not_there_says_what_to_do(signed_in: Client) -> None:
    answer = signed_in.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing here" in text(answer)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/transactions/presets", "/transactions/"),
        ("/tokens/1/revoke", "/tokens/"),
        ("/functions/A/deploy", "/functions/A"),
    ],
)
def test_what_is_no_page_says_so_and_where_it_is_pressed(signed_in: Client, path: str, page: str) -> None:
    answer = signed_in.get(path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "There is nothing to look at here" in text(answer)
    assert f'href="{page}">To the page' in answer.content.decode()


def test_a_slash_too_many_leads_to_the_page(signed_in: Client) -> None:
    assert signed_in.get("/transactions/new/?workflow=a").headers["Location"] == "/transactions/new?workflow=a"
    assert signed_in.get("/nowhere/").status_code == 404
    assert signed_in.post("/transactions/new/").status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/transactions/no-id", "/api/v1/transactions/"])
def test_what_the_api_does_not_have_is_a_problem_and_no_page(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "There is nothing here."


def test_a_form_that_is_not_ours_is_refused_with_the_way_on(person: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    answer = client.post("/theme", {"theme": "dark"})
    assert answer.status_code == 403
    assert "This form has expired" in text(answer)


def test_the_theme_is_kept(signed_in: Client, person: User) -> None:
    signed_in.post("/theme", {"theme": "dark", "next": "/functions/"})
    assert 'data-bs-theme="dark"' in text(signed_in.get("/"))
    signed_in.post("/theme", {"theme": "plaid"})
    assert 'data-bs-theme="dark"' in text(signed_in.get("/"))


@pytest.mark.parametrize("next_page", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_one_is_never_sent_elsewhere(signed_in: Client, next_page: str) -> None:
    assert signed_in.post("/theme", {"theme": "dark", "next": next_page}).headers["Location"] == "/"


def test_the_environment_looked_at_decides_what_is_listed(signed_in: Client, person: User) -> None:
    here = TransactionFactory.create(reference="alpha-1", created_by=person)
    elsewhere = EnvironmentFactory.create(slug="production", title="Production", is_production=True, colour="red")
    there = DeploymentFactory.create(environment=elsewhere, workflow_revision=here.revision)
    TransactionFactory.create(deployment=there, reference="beta-1", created_by=person)
    assert "alpha-1" in text(signed_in.get("/transactions/"))
    signed_in.post("/environment", {"environment": "production"})
    page = text(signed_in.get("/transactions/"))
    assert "beta-1" in page
    assert "alpha-1" not in page
    assert "production-stripe" in page


def test_the_search_goes_to_the_transaction_of_an_id(signed_in: Client, person: User) -> None:
    row = TransactionFactory.create(created_by=person)
    assert signed_in.get("/search", {"q": f" {row.pk} "}).headers["Location"] == f"/transactions/{row.pk}"


def test_the_search_takes_the_arn_of_an_execution_and_the_beginning_of_an_id(signed_in: Client, person: User) -> None:
    row = TransactionFactory.create(created_by=person)
    arn = f"arn:aws:states:us-east-1:123456789012:execution:signalbox-transaction-processor:{row.pk}"
    for text_ in (arn, str(row.pk)[:13], f"{str(row.pk)[:20]}…", f" {str(row.pk).upper()} "):
        assert signed_in.get("/search", {"q": text_}).headers["Location"] == f"/transactions/{row.pk}", text_


def test_the_search_takes_a_reference_in_capitals_or_not(signed_in: Client, person: User) -> None:
    row = TransactionFactory.create(created_by=person, reference="ORD-1")
    assert signed_in.get("/search", {"q": "ord-1"}).headers["Location"] == f"/transactions/{row.pk}"


@pytest.mark.parametrize("mark", ["", "…", "..."])
def test_the_search_takes_the_end_of_an_id_as_the_list_shows_it(signed_in: Client, person: User, mark: str) -> None:
    deployment = DeploymentFactory.create()
    row, _ = (TransactionFactory.create(deployment=deployment, created_by=person) for _ in range(2))
    answer = signed_in.get("/search", {"q": f"{mark}{str(row.pk)[-12:].upper()}"})
    assert answer.headers["Location"] == f"/transactions/{row.pk}"


def test_the_search_lists_those_with_a_reference_or_business_key(signed_in: Client, person: User) -> None:
    first = TransactionFactory.create(created_by=person, reference="order-7")
    second = TransactionFactory.create(created_by=person, deployment=first.deployment, reference="other")
    third = TransactionFactory.create(created_by=person, deployment=first.deployment, reference="unrelated")
    BusinessKeyFactory.create(transaction=second, name="order", text="order-7")
    page = text(signed_in.get("/search", {"q": "order-7"}, follow=True))
    assert str(first.pk) in page
    assert str(second.pk) in page
    assert str(third.pk) not in page


def test_the_search_goes_to_the_only_one_and_takes_a_key_by_its_name(signed_in: Client, person: User) -> None:
    row = TransactionFactory.create(created_by=person, reference="order-7=")
    go = lambda text: signed_in.get("/search", {"q": text}).headers["Location"]  # noqa: E731
    assert go("order-7=") == f"/transactions/{row.pk}"
    BusinessKeyFactory.create(transaction=row, name="customer_id", text="c-7")
    assert go("c-7") == f"/transactions/{row.pk}"
    assert go("customer_id=c-7") == "/transactions/?key.customer_id=c-7"
    assert go("nothing") == "/transactions/?q=nothing"


def test_what_was_run_again_needs_nobody_any_more(signed_in: Client, person: User) -> None:
    row = TransactionFactory.create(created_by=person, status="failed")
    TransactionFactory.create(created_by=person, deployment=row.deployment, status="succeeded", rerun_of=row)
    assert signed_in.get("/").context["attention"].failed == 0
    assert str(row.pk) not in text(signed_in.get("/transactions/?attention=failed"))


def test_an_empty_installation_says_what_to_do_first(signed_in: Client) -> None:
    page = text(signed_in.get("/"))
    assert "No transaction yet" in page
    assert "A function or workflow is deployed from its page." in page


def test_where_nothing_is_deployed_the_first_step_is_to_deploy(signed_in: Client) -> None:
    EnvironmentFactory.create()
    assert "nothing is deployed here that could run one" in text(signed_in.get("/"))
    listed = text(signed_in.get("/transactions/"))
    assert "Deploy a workflow first" in listed and "Submit one and watch" not in listed
    DeploymentFactory.create()
    assert "Submit one and watch" in text(signed_in.get("/transactions/"))


def test_the_overview_counts_what_needs_somebody(signed_in: Client, person: User) -> None:
    row = TransactionFactory.create(created_by=person, status="failed")
    for status in ("failed", "timed_out", "succeeded"):
        TransactionFactory.create(created_by=person, deployment=row.deployment, status=status)
    attention = signed_in.get("/").context["attention"]
    assert (attention.failed, attention.stuck, attention.waiting) == (3, 0, 0)
