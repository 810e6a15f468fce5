"""The pages on which a function is deleted and restored; and what is said to who deploys second."""

import pytest
from django.test import Client

from tests.factories import (
    DeploymentFactory,
    DriftFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    TriggerFactory,
    UserFactory,
    difference,
)
from workflows.models import Deployment, Drift, Function

pytestmark = pytest.mark.django_db
PAGE = "/functions/ProcessPurchase"


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(username="dora", role="developer"))
    return client


def test_it_is_asked_first_and_listed_what_goes(page: Client) -> None:
    live = FunctionDeploymentFactory.create()
    queue = {"type": "sqs", "queue": "theirs"}
    TriggerFactory.create(
        function=live.function, environment=live.environment, definition=queue, key="sqs theirs", invoke_url=""
    )
    assert f'href="{PAGE}/delete"' in page.get(PAGE).content.decode()
    asking = page.get(f"{PAGE}/delete").content.decode()
    assert "Function signalbox-ProcessPurchase" in asking and "was not made here, and stays" in asking
    assert not Deployment.objects.filter(removes=True).exists()
    done = page.post(f"{PAGE}/delete", follow=True)
    assert done.redirect_chain[0][0] == f"/deployments/{Deployment.objects.get(removes=True).pk}"
    assert "Deletion of ProcessPurchase in Embedded" in done.content.decode()
    assert "dora deletes it" in page.get(f"{PAGE}/delete").content.decode()
    assert "being deleted" in page.get(PAGE).content.decode()


def test_what_uses_it_is_named_with_a_link_and_nothing_can_be_pressed(page: Client) -> None:
    live = FunctionDeploymentFactory.create()
    DeploymentFactory.create(environment=live.environment)
    asking = page.get(f"{PAGE}/delete").content.decode()
    assert 'href="/workflows/transaction-processor"' in asking and "btn-danger" not in asking
    assert page.post(f"{PAGE}/delete").status_code == 409


def test_who_else_calls_it_is_named_before_as_it_was_last_seen_and_stops_nobody_once_it_is_gone(page: Client) -> None:
    seen = [difference("Who else may call it", "* may invoke it (evil)"), difference("Memory", "256 MB", "128 MB")]
    drift = DriftFactory.create(differences=seen)
    asking = page.get(f"{PAGE}/delete").content.decode()
    assert "Who else may call it: * may invoke it (evil)" in asking and "Memory" not in asking
    assert "It would not be deleted there" in asking and f'href="{PAGE}#drift"' in asking
    assert f"{drift.checked_at:%Y-%m-%d %H:%M:%S} UTC" in asking
    # What is known may be out of date: a deletion asks AWS itself.
    assert "btn-danger" in asking

    Drift.objects.update(differences=seen[1:])
    asking = page.get(f"{PAGE}/delete").content.decode()
    assert "It would not be deleted there" not in asking and ">stop<" not in asking
    page.post(f"{PAGE}/delete")
    assert Deployment.objects.filter(removes=True).exists()


def test_what_was_deleted_is_shown_so_and_restored(page: Client) -> None:
    FunctionRevisionFactory.create()
    page.post(f"{PAGE}/delete")
    assert Function.objects.get().deleted_at is not None
    listed = page.get("/functions/").content.decode()
    assert PAGE not in listed and "?deleted=1" in listed
    assert PAGE in page.get("/functions/?deleted=1").content.decode()
    shown = page.get(PAGE).content.decode()
    assert "It was deleted" in shown and f"{PAGE}/edit" not in shown and f"{PAGE}/delete" not in shown
    restored = page.post(f"{PAGE}/restore", follow=True).content.decode()
    assert "is restored" in restored and "It was deleted" not in restored


def test_who_deploys_second_is_told_by_whom_and_led_to_it(page: Client) -> None:
    live = FunctionDeploymentFactory.create()
    busy = {"status": "running", "is_live": False, "requested_by": UserFactory.create(username="olga")}
    newer = FunctionRevisionFactory.create(function=live.function, number=500)
    ahead = FunctionDeploymentFactory.create(environment=live.environment, function_revision=newer, **busy)
    link = f'<a href="/deployments/{ahead.pk}">Deployment {ahead.pk}</a>'
    number = live.revision.number
    told = page.post(f"{PAGE}/deploy", {"revision": number, "seen": live.pk}, follow=True)
    assert told.redirect_chain == [(f"{PAGE}?revision={number}", 302)]  # to the top, where it stands
    assert "olga deploys ProcessPurchase r500 at this moment" in told.content.decode()
    assert link in told.content.decode()
    # And who asks for the very same is told whose it is.
    told = page.post(f"{PAGE}/deploy", {"revision": 500, "seen": live.pk}, follow=True)
    assert "olga asked for the same before you" in told.content.decode() and link in told.content.decode()
    assert Deployment.objects.count() == 2
