"""The page on which a function is tested: payload, outcome, history, kept payloads."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import (
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    InvocationFactory,
    UserFactory,
    list_prices,
)
from workflows.models import Deployment, Invocation, Payload

pytestmark = pytest.mark.django_db
ADDRESS = "/functions/ProcessPurchase/test"


@pytest.fixture
def live() -> Deployment:
    list_prices()
    return FunctionDeploymentFactory.create()


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(role="developer"))
    return client


def test_invoking_leads_to_what_came_of_it(live: Deployment, page: Client) -> None:
    sent = page.post(ADDRESS, {"action": "invoke", "payload": '{"a": 1}', "type": "Event"}, follow=True)
    row = Invocation.objects.get()
    assert (row.type, row.payload) == ("Event", '{"a":1}')
    assert sent.redirect_chain == [(f"{ADDRESS}?invocation={row.pk}#invocation", 302)]
    assert "Waiting for a worker" in text(sent)


def test_a_payload_that_is_refused_stays_in_the_form(live: Deployment, page: Client) -> None:
    sent = page.post(ADDRESS, {"action": "invoke", "payload": '{"a": ', "type": "RequestResponse"})
    assert sent.status_code == 422
    assert "Nothing was done yet." in text(sent)
    assert "not JSON" in text(sent)
    assert "at line 1, column 7" in text(sent)
    assert "{&quot;a&quot;: </textarea>" in text(sent), "as it was typed: the place told is that of this"


def test_what_is_not_deployed_leads_to_deploying_it(page: Client) -> None:
    FunctionRevisionFactory.create()
    shown = text(page.get(ADDRESS))
    assert '<a href="/functions/ProcessPurchase#deploy">' in shown
    assert "None yet." in shown and "choose Invoke" not in shown


def test_the_error_its_stack_and_its_log_are_shown_as_text(live: Deployment, page: Client) -> None:
    error = '{"errorType": "Bad<b>", "errorMessage": "why", "stackTrace": ["  File \\"handler.py\\", line 3\\n"]}'
    row = InvocationFactory.create(
        deployment=live, status="failed", error=error, log_tail="START <i>\n", finished_at=timezone.now()
    )
    shown = page.get(f"{ADDRESS}?invocation={row.pk}").content.decode()
    assert "Bad&lt;b&gt;" in shown
    assert "line 3" in shown
    assert "START &lt;i&gt;" in shown


def test_figures_cold_start_and_cost_are_shown(live: Deployment, page: Client) -> None:
    row = InvocationFactory.create(
        deployment=live,
        status="succeeded",
        result='{"ok":true}',
        duration_ms=Decimal("12.50"),
        billed_ms=113,
        init_ms=Decimal("100.10"),
        memory_mb=36,
        memory_size_mb=128,
        finished_at=timezone.now(),
    )
    shown = text(page.get(f"{ADDRESS}?invocation={row.pk}"))
    for said in ("12.50 ms, after a cold start of 100.10 ms", "113 ms", "36 of 128 MB", "USD 0.0000004"):
        assert said in shown


def test_what_is_waited_for_is_asked_for_again_until_somebody_gives_up(live: Deployment, page: Client) -> None:
    begun = timezone.now() - timedelta(seconds=3)
    row = InvocationFactory.create(deployment=live, status="running", started_at=begun)
    shown = page.get(f"{ADDRESS}?invocation={row.pk}")
    assert "of at most 15 s" in text(shown)
    assert 'hx-get="/invocations/' in shown.content.decode()
    assert page.get(f"/invocations/{row.pk}/live").status_code == 200
    left = page.post(f"/invocations/{row.pk}/leave", follow=True)
    assert "Nobody waits for it any more" in text(left)
    assert 'hx-get="/invocations/' not in left.content.decode()


def test_what_the_page_says_already_is_not_sent_again(live: Deployment, page: Client) -> None:
    row = InvocationFactory.create(deployment=live, status="succeeded", result="1", finished_at=timezone.now())
    assert page.get(f"/invocations/{row.pk}/live?version=succeeded.0.").status_code == 204
    assert page.get(f"/invocations/{row.pk}/live?version=running.0.3").status_code == 200


def test_a_kept_payload_is_offered_and_deleted(live: Deployment, page: Client) -> None:
    page.post(ADDRESS, {"action": "save", "payload": '{"kept": 1.10}', "name": "usual"})
    kept = Payload.objects.get()
    shown = page.get(f"{ADDRESS}?payload={kept.pk}")
    assert "1.10" in shown.content.decode()
    assert "usual" in text(shown)
    assert "is deleted" in text(page.post(f"/payloads/{kept.pk}/delete", follow=True))
    assert not Payload.objects.exists()


def test_who_may_not_invoke_is_told_which_roles_may(live: Deployment, client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    assert "For this you need the role developer or admin." in text(client.get(ADDRESS))
    assert client.post(ADDRESS, {"action": "invoke", "payload": "{}"}).status_code == 403


def test_an_invocation_of_another_function_is_not_shown_here(live: Deployment, page: Client) -> None:
    other = InvocationFactory.create(
        deployment=FunctionDeploymentFactory.create(function_revision__function__name="Other")
    )
    assert page.get(f"{ADDRESS}?invocation={other.pk}").status_code == 404
    assert page.get(f"{ADDRESS}?payload=99").status_code == 404


def test_a_long_history_costs_no_more_queries(
    live: Deployment, page: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    InvocationFactory.create_batch(30, deployment=live, requested_by=UserFactory.create())
    with django_assert_max_num_queries(12):
        page.get(ADDRESS)


def test_the_request_id_leads_to_the_log_of_that_request(live: Deployment, page: Client) -> None:
    row = InvocationFactory.create(deployment=live, status="succeeded", request_id="r-1", finished_at=timezone.now())
    shown = page.get(f"{ADDRESS}?invocation={row.pk}").content.decode()
    assert 'href="/functions/ProcessPurchase/log?range=1h&amp;request=r-1"' in shown
    Invocation.objects.update(requested_at=timezone.now() - timedelta(days=2))
    assert "?range=7d&amp;request=r-1" in page.get(f"{ADDRESS}?invocation={row.pk}").content.decode()


def test_the_list_is_asked_for_again_when_the_status_changes(live: Deployment, page: Client) -> None:
    row = InvocationFactory.create(deployment=live, status="failed", error="{}", finished_at=timezone.now())
    changed = page.get(f"/invocations/{row.pk}/live?version=running.0.3")
    assert "invocation-changed" in changed["HX-Trigger"]
    assert "HX-Trigger" not in page.get(f"/invocations/{row.pk}/live?version=failed.1.").headers


def test_an_event_that_lambda_took_is_queued_and_not_said_to_have_succeeded(live: Deployment, page: Client) -> None:
    row = InvocationFactory.create(deployment=live, type="Event", status="succeeded", finished_at=timezone.now())
    shown = text(page.get(f"{ADDRESS}?invocation={row.pk}"))
    assert "Queued" in shown and "Succeeded" not in shown
