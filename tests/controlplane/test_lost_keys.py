"""An encryption key that is not there any more costs what was encrypted with it, and nothing else."""

import time
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.test import Client

from tests.answers import text
from tests.factories import (
    DeliveryFactory,
    DriftFactory,
    FunctionRevisionFactory,
    HookFactory,
    InboundHookFactory,
    UserFactory,
)
from tests.receivers import Receiver, run_receiver
from transactions import signing
from transactions.jobs import deliveries
from transactions.models import Hook, InboundHook
from transactions.services import hooks
from workflows.encryption import Unreadable
from workflows.models import FunctionRevision
from workflows.services import access

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = [Fernet.generate_key().decode() for _ in range(2)]


@pytest.fixture
def lost(settings: LazySettings) -> tuple[Hook, InboundHook, FunctionRevision]:
    """A hook, one for others to call, and a function with variables; the key of all three is gone."""
    settings.ENCRYPTION_KEYS = KEYS[:1]
    made = HookFactory.create(), InboundHookFactory.create(), FunctionRevisionFactory.create(environment={"A": "b"})
    DriftFactory.create()
    settings.ENCRYPTION_KEYS = KEYS[1:]
    return (
        Hook.objects.get(pk=made[0].pk),
        InboundHook.objects.get(pk=made[1].pk),
        FunctionRevision.objects.get(pk=made[2].pk),
    )


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    with run_receiver() as running:
        settings.HOOK_PLACES = [running.place]
        yield running


@pytest.fixture
def client(lost: object) -> Client:
    signed_in = Client(raise_request_exception=False)
    signed_in.force_login(UserFactory.create(is_superuser=True, is_staff=True))
    return signed_in


def test_pages_and_api_that_do_not_need_it_go_on(
    client: Client, lost: tuple[Hook, InboundHook, FunctionRevision]
) -> None:
    hook, inbound, _ = lost
    pages = ["/", "/workflows/", "/functions/", "/hooks/", f"/hooks/{hook.pk}", f"/hooks/inbound/{inbound.slug}"]
    pages += ["/admin/transactions/hook/", f"/admin/transactions/hook/{hook.pk}/change/"]
    assert {address: client.get(address).status_code for address in pages} == dict.fromkeys(pages, 200)
    token = access.issue_token(UserFactory.create(is_superuser=True), "test", by=UserFactory.create(is_superuser=True))
    headers = {"Authorization": f"Bearer {token[1]}"}
    for address in ("/api/v1/hooks", "/api/v1/inbound-hooks", "/api/v1/functions"):
        assert client.get(address, headers=headers).status_code == 200, address


def test_what_needs_it_says_which_setting_wants_the_key(
    client: Client, lost: tuple[Hook, InboundHook, FunctionRevision]
) -> None:
    with pytest.raises(Unreadable):
        _ = lost[2].environment
    answer = client.get(f"/functions/{lost[2].function.name}/edit")
    assert answer.status_code == 500
    assert "SIGNALBOX_ENCRYPTION_KEYS" in text(answer)


def test_a_hook_whose_secret_is_lost_fails_alone_and_can_be_given_another(
    lost: tuple[Hook, InboundHook, FunctionRevision], receiver: Receiver, settings: LazySettings
) -> None:
    hook = lost[0]
    others = HookFactory.create(target_url=receiver.url)
    failing, sent = DeliveryFactory.create(hook=hook), DeliveryFactory.create(hook=others)
    deliveries.drain()
    failing.refresh_from_db()
    sent.refresh_from_db()
    assert (failing.status, sent.status) == ("pending", "delivered")
    assert "SIGNALBOX_ENCRYPTION_KEYS" in failing.tried.get().error
    assert Hook.objects.get(pk=hook.pk).failing_since is not None

    Hook.objects.filter(pk=hook.pk).update(target_url=receiver.url)
    hooks.rotate_secret(hook, by=UserFactory.create(is_superuser=True))
    again = Hook.objects.get(pk=hook.pk)
    assert again.secret
    assert not again.is_former_valid


def test_a_row_that_is_saved_keeps_the_secret_nobody_could_read(
    lost: tuple[Hook, InboundHook, FunctionRevision], settings: LazySettings
) -> None:
    hook = lost[0]
    hook.save()
    settings.ENCRYPTION_KEYS = KEYS
    assert Hook.objects.get(pk=hook.pk).secret.startswith("whsec_")


def test_an_inbound_hook_whose_secret_is_lost_asks_the_sender_to_come_again(
    client: Client, lost: tuple[Hook, InboundHook, FunctionRevision]
) -> None:
    signed = signing.signed_headers([signing.new_secret()], id="msg_1", at=int(time.time()), body=b"{}")
    address = f"/hooks/in/{lost[1].slug}"
    answer = client.post(address, "{}", content_type="application/json", headers=signed)
    assert answer.status_code == 503
