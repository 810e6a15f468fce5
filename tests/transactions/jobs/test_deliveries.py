"""What is due is sent, signed, in turn and until it is taken; what came of it is in the rows."""

import json

import pytest
from standardwebhooks import Webhook

from tests.factories import DeliveryFactory
from tests.receivers import Receiver
from transactions.jobs import deliveries
from transactions.models import Attempt, Hook

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_due_is_sent_once_and_signed(hook: Hook, receiver: Receiver) -> None:
    row = DeliveryFactory.create(hook=hook)
    assert deliveries.drain() == 1
    (received,) = receiver.received
    Webhook(hook.secret).verify(received.body, received.headers)
    assert received.headers["webhook-id"] == row.message_id
    assert received.headers["content-type"] == "application/json"
    assert json.loads(received.body)["type"] == row.kind
    row.refresh_from_db()
    assert (row.status, row.status_code, row.attempts, row.next_attempt_at) == ("delivered", 204, 1, None)
    assert row.claim is None
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.status_code, attempt.error) == (1, 204, "")
    assert attempt.request_headers["webhook-signature"].endswith("…")
    assert deliveries.drain() == 0
