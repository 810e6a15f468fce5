"""What the admin of transactions can ask for."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import DeploymentFactory, TransactionFactory, UserFactory
from transactions.models import Execution, Hook, Transaction
from workflows.models import Activity, Environment

pytestmark = pytest.mark.django_db
LIST = "/admin/transactions/transaction/"


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(role="operator", is_staff=True))
    return client


def test_sync_makes_workers_read_what_was_started_again_even_if_it_is_over(page: Client) -> None:
    row = TransactionFactory.create(status="succeeded")
    Execution.objects.filter(pk=row.pk).update(arn="arn:aws:states:x", read_at=timezone.now())
    answer = page.post(LIST, {"action": "sync", "_selected_action": [row.pk]}, follow=True)
    assert "1 to be compared with AWS" in text(answer)
    due = Execution.objects.get(pk=row.pk).next_sync_at
    assert due is not None
    assert due <= timezone.now()
    assert Activity.objects.get().action == "transaction.sync"


def test_sync_makes_workers_start_what_waits(page: Client) -> None:
    row = TransactionFactory.create(next_attempt_at=timezone.now() + timedelta(hours=1))
    page.post(LIST, {"action": "sync", "_selected_action": [row.pk]})
    due = Transaction.objects.get(pk=row.pk).next_attempt_at
    assert due is not None
    assert due <= timezone.now()


def test_stop_stops_what_is_open_and_counts_what_is_over(page: Client) -> None:
    waiting = TransactionFactory.create()
    over = TransactionFactory.create(status="succeeded", deployment=waiting.deployment)
    answer = page.post(LIST, {"action": "stop", "_selected_action": [waiting.pk, over.pk]}, follow=True)
    assert "1 to be stopped, 1 over already" in text(answer)
    assert Transaction.objects.get(pk=waiting.pk).status == "aborted"
    assert Activity.objects.get().subject_id == str(waiting.pk)


def test_redrive_asks_for_what_can_go_on_and_says_why_the_rest_cannot(page: Client) -> None:
    deployment = DeploymentFactory.create()
    failed, over, never_started = (
        TransactionFactory.create(deployment=deployment, status=status, finished_at=timezone.now())
        for status in ("failed", "succeeded", "failed")
    )
    Environment.objects.update(is_embedded=False)
    Execution.objects.exclude(pk=never_started.pk).update(arn=f"arn:aws:states:x:{failed.pk}")
    selected = [failed.pk, over.pk, never_started.pk]
    answer = text(page.post(LIST, {"action": "redrive", "_selected_action": selected}, follow=True))
    assert "1 to be redriven." in answer
    assert "1 not redriven: Only what has failed, timed out or was stopped can be redriven." in answer
    assert "1 not redriven: It was never started in AWS" in answer
    asked = Transaction.objects.exclude(redrive_requested_at=None)
    assert [row.pk for row in asked] == [failed.pk]
    assert [(one.action, one.subject_id) for one in Activity.objects.all()] == [("transaction.redrive", str(failed.pk))]


def test_a_viewer_may_sync_but_is_not_offered_to_stop(client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer", is_staff=True))
    row = TransactionFactory.create()
    shown = text(client.get(LIST))
    assert 'value="sync"' in shown
    assert 'value="stop"' not in shown
    assert 'value="redrive"' not in shown
    client.post(LIST, {"action": "stop", "_selected_action": [row.pk]})
    assert Transaction.objects.get(pk=row.pk).status == "accepted"


def test_a_transaction_is_found_by_id_reference_and_business_key(page: Client) -> None:
    row = TransactionFactory.create(reference="order-7")
    row.keys.create(workflow=row.workflow, name="customer_id", text="c-1001")
    TransactionFactory.create(reference="order-8", deployment=row.deployment)
    for q in (str(row.pk), "order-7", "c-1001", str(row.pk)[-12:], f"…{str(row.pk)[-12:]}"):
        shown = text(page.get(LIST, {"q": q}))
        assert str(row.pk) in shown
        assert "order-8" not in shown


def test_the_secret_of_a_hook_made_in_the_admin_is_shown_once_and_in_no_message(client: Client) -> None:
    client.force_login(UserFactory.create(role="developer", is_staff=True))
    typed = {"target_url": "https://receiver.example/", "events": "transaction.failed", "conditions": "", "branch": ""}
    made = client.post("/admin/transactions/hook/add/", {**typed, "_continue": "1"})
    hook = Hook.objects.get()
    assert made.status_code == 302
    assert hook.secret not in str(client.session.items()) + str(made.cookies)
    answer = client.get(made["Location"])
    assert f"<code>{hook.secret}</code>" in text(answer)
    assert "no-store" in answer["Cache-Control"]
    for again in ("/admin/transactions/hook/", f"/admin/transactions/hook/{hook.pk}/change/"):
        assert hook.secret not in text(client.get(again))
