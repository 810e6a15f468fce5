"""kill -9 of a worker between sending and writing down: the same message comes again, under the same id."""

import threading
from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook

from tests.factories import DeliveryFactory, HookFactory
from tests.faults.conftest import Workers, until
from tests.receivers import Handler, Receiver, run_receiver
from transactions.models import Attempt, Delivery

pytestmark = [pytest.mark.flow, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Before the workers, who are told that hooks may lead to it."""
    with run_receiver() as receiver:
        monkeypatch.setenv("SIGNALBOX_HOOK_PLACES", f"127.0.0.1:{receiver.port}")
        yield receiver


def test_what_was_sent_but_not_written_down_is_sent_again_under_the_same_id(
    receiver: Receiver, workers: Workers
) -> None:
    arrived, killed = threading.Event(), threading.Event()

    def hold(handler: Handler) -> None:
        if not killed.is_set():
            arrived.set()
            killed.wait(60)
        handler.answer(204)

    receiver.play = hold
    hook = HookFactory.create(target_url=receiver.url)
    row = DeliveryFactory.create(hook=hook)
    workers.start()
    assert arrived.wait(60)
    workers.kill()
    killed.set()
    assert Delivery.objects.get().status == "pending"
    assert not Attempt.objects.exists()
    workers.start()

    until(lambda: Delivery.objects.get().status == "delivered", 90)
    assert len(receiver.received) == 2
    assert {one.headers["webhook-id"] for one in receiver.received} == {row.message_id}
    assert {one.body for one in receiver.received} == {row.body.encode()}
    for one in receiver.received:
        Webhook(hook.secret).verify(one.body, one.headers)
    assert Attempt.objects.count() == 1
