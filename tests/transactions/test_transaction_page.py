"""The page of one transaction: what it says of how it stands, and what can be done with it."""

import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import (
    BusinessKeyFactory,
    ChoiceResultFactory,
    EventFactory,
    TransactionFactory,
    UserFactory,
    VisitFactory,
    rules,
)
from tests.transactions.samples import ARN, filled, ran
from transactions.models import Execution, Transaction
from workflows.models import Deployment, User

pytestmark = pytest.mark.django_db


def test_a_prediction_asks_for_what_is_required_before_it_fails(page: Client, deployment: Deployment) -> None:
    address = "/transactions/predict?workflow=transaction-processor"
    shown = text(page.post(address, filled(**{"/TransactionType": ""})))
    assert "Fill in Transaction type to see which branch it will take." in shown
    assert "cannot be read" not in shown


@pytest.mark.parametrize("tab", ["", "/timeline", "/data"])
def test_visits_inside_maps_and_parallels_say_which_iteration_and_branch(
    page: Client, operator: User, deployment: Deployment, tab: str
) -> None:
    row = ran(deployment, operator)
    inside = [
        {"state": "Lines", "entered_event": 2, "kind": "iteration", "index": 2},
        {"state": "Both", "entered_event": 4, "kind": "branch", "index": 0},
    ]
    VisitFactory.create(execution=row.execution, state="Decide", type="Choice", path=inside, entered_event=5)
    ChoiceResultFactory.create(execution=row.execution, state="Decide", entered_event=5)
    shown = text(page.get(f"/transactions/{row.pk}{tab}"))
    place = 'Decide<span class="place">Lines #2 › Both branch 1</span>'
    assert shown.count(place) == {"": 2, "/timeline": 1, "/data": 3}[tab]


@pytest.mark.parametrize(("kind", "is_in_vain"), [("Choice", True), ("Fail", True), ("Task", False)])
def test_a_redrive_that_would_fail_again_is_only_offered_with_that_said(
    page: Client, operator: User, deployment: Deployment, kind: str, is_in_vain: bool
) -> None:
    row = ran(deployment, operator, status="failed", error="Declined")
    VisitFactory.create(execution=row.execution, state="Last", type=kind, status="failed")
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert ("Redrive all the same" in shown) is is_in_vain
    assert ("Last again" in shown or "again at Last" in shown) is is_in_vain
    assert f'action="/transactions/{row.pk}/redrive"' in shown


def test_what_an_embedded_aws_was_stopped_in_is_not_offered_to_be_redriven(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator, status="failed", error="EmbeddedAws.Stopped")
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "does not know where it stood. Run it again instead." in shown
    assert f'action="/transactions/{row.pk}/redrive"' not in shown


def test_a_function_is_told_by_its_message_and_a_redrive_is_waited_for(
    page: Client, operator: User, deployment: Deployment
) -> None:
    cause = '{"errorMessage": "it is flaky", "errorType": "Flaky", "stackTrace": ["  File app.py"]}'
    row = ran(deployment, operator, status="failed", error="Flaky", cause=cause, redrive_requested_at=timezone.now())
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert '<p class="wrap">it is flaky</p>' in shown
    assert "Stack trace" in shown
    assert "data-live-every" in shown.split('id="transaction"')[1].split(">")[0]


def test_waiting_for_aws_is_said(page: Client, operator: User, deployment: Deployment) -> None:
    since = timezone.now() - timedelta(minutes=2)
    row = TransactionFactory.create(
        deployment=deployment, created_by=operator, waiting_since=since, waiting_for="Could not connect"
    )
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "Waiting: AWS could not be reached" in shown
    assert "Could not connect" in shown
    Transaction.objects.filter(pk=row.pk).update(stuck_since=since)
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "Stuck: AWS could not be reached" in shown
    assert "Waiting" not in shown  # one box, not two that advise the contrary
    assert "Could not connect" in shown


def test_while_it_is_open_it_asks_again_and_only_news_are_sent(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator, status="running")
    shown = page.get(f"/transactions/{row.pk}")
    assert "data-live-every" in text(shown)
    version = shown.context["shown"].version
    address = f"/transactions/{row.pk}/live"
    assert page.get(address, {"version": version}).status_code == 204
    Transaction.objects.filter(pk=row.pk).update(status="succeeded", version=2)
    answer = page.get(address, {"version": version})
    assert "Succeeded" in text(answer)
    assert "data-live-every" not in text(answer)


def test_looking_at_a_running_one_makes_its_history_read_first(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator, status="running")
    Execution.objects.filter(pk=row.pk).update(arn=ARN)
    page.get(f"/transactions/{row.pk}")
    execution = Execution.objects.get(pk=row.pk)
    assert execution.watched_until
    assert execution.watched_until > timezone.now()
    assert execution.next_sync_at


def test_looking_at_one_that_is_over_changes_nothing(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    page.get(f"/transactions/{row.pk}")
    assert Execution.objects.get(pk=row.pk).watched_until is None


def test_stopping_one_that_was_not_started_ends_it(page: Client, operator: User, deployment: Deployment) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator)
    page.post(f"/transactions/{row.pk}/stop")
    row.refresh_from_db()
    assert row.status == "aborted"


def test_stopping_one_that_is_over_says_so(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    assert "It was over already" in text(page.post(f"/transactions/{row.pk}/stop", follow=True))


def test_running_again_starts_from_the_same_input(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, status="failed")
    draft = page.get(f"/transactions/{row.pk}/again").context["draft"]
    assert draft.typed["/Amount"] == "50.25"
    page.post(f"/transactions/{row.pk}/again", filled(**{"/Amount": "9.00"}))
    again = Transaction.objects.get(rerun_of=row)
    assert '"Amount":9.00' in again.input
    assert str(again.pk) in text(page.get(f"/transactions/{row.pk}"))


def test_a_viewer_sees_no_buttons_and_is_refused(client: Client, operator: User, deployment: Deployment) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    row = TransactionFactory.create(deployment=deployment, created_by=operator)
    shown = text(client.get(f"/transactions/{row.pk}"))
    assert "/stop" not in shown
    assert "/again" not in shown
    assert client.post(f"/transactions/{row.pk}/stop").status_code == 403
    assert client.post(f"/transactions/{row.pk}/again", filled()).status_code == 403


def test_what_people_wrote_is_shown_as_text(page: Client, operator: User, deployment: Deployment) -> None:
    attack = "<img src=x onerror=alert(1)>\"'</script>"
    row = ran(
        deployment,
        operator,
        status="failed",
        reference=attack,
        input=json.dumps({attack: attack}),
        output=json.dumps(attack),
        error=attack,
        cause=attack,
    )
    ChoiceResultFactory.create(execution=row.execution, state=attack, next=attack, rules=rules(attack))
    VisitFactory.create(execution=row.execution, state=attack, input=attack, output=attack, error=attack, cause=attack)
    EventFactory.create(execution=row.execution, details={"input": attack}, state=attack)
    BusinessKeyFactory.create(transaction=row, text=attack)
    for address in (f"/transactions/{row.pk}", "/transactions/", "/", f"/transactions/{row.pk}/again"):
        assert "<img" not in text(page.get(address))


@pytest.mark.parametrize("rest", ["", "/live", "/again", "/input.json", "/output.json"])
def test_an_unknown_one_is_not_found(page: Client, rest: str) -> None:
    assert page.get(f"/transactions/{uuid.uuid4()}{rest}").status_code == 404


def test_its_page_costs_the_same_with_many_rows(
    page: Client, operator: User, deployment: Deployment, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    row = ran(deployment, operator)
    for _ in range(30):
        ChoiceResultFactory.create(execution=row.execution)
        VisitFactory.create(execution=row.execution)
        EventFactory.create(execution=row.execution)
    with django_assert_max_num_queries(12):
        page.get(f"/transactions/{row.pk}")


def test_what_no_worker_takes_says_so(client: Client, operator: User) -> None:
    client.force_login(operator)
    row = TransactionFactory.create(created_by=operator, next_attempt_at=timezone.now())
    said = "No worker has taken it yet."
    before = client.get(f"/transactions/{row.pk}")
    assert said not in text(before)
    Transaction.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=2))
    assert said in text(client.get(f"/transactions/{row.pk}"))
    part = client.get(f"/transactions/{row.pk}/live", {"version": before.context["shown"].version})
    assert part.status_code == 200  # the page that was open learns of it too
