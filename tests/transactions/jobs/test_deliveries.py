"""What is due is sent, signed, in turn and until it is taken; what came of it is in the rows."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db.models import Count
from django.utils import timezone
from standardwebhooks import Webhook

from tests.factories import DeliveryFactory, HookFactory, UserFactory
from tests.receivers import Handler, Receiver
from tests.transactions.jobs.conftest import MakeReceiver
from transactions import delivery_log, retries, signing
from transactions.delivery_log import Backlog
from transactions.jobs import deliveries, posting
from transactions.models import Attempt, Delivery, Hook
from transactions.services import hooks
from workflows.models import Activity, Fact

pytestmark = pytest.mark.django_db(transaction=True)


def outcome(row: Delivery) -> tuple[str, int]:
    row.refresh_from_db()
    return row.status, row.attempts


def test_what_is_due_is_sent_once_and_signed(hook: Hook, receiver: Receiver) -> None:
    row = DeliveryFactory.create(hook=hook)
    assert deliveries.drain() == 1
    (received,) = receiver.received
    Webhook(hook.secret).verify(received.body, received.headers)
    assert received.headers["webhook-id"] == row.message_id
    assert received.headers["content-type"] == "application/json"
    assert received.body.decode() == row.body
    row.refresh_from_db()
    assert (row.status, row.status_code, row.attempts, row.next_attempt_at) == ("delivered", 204, 1, None)
    assert row.claim is None
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.status_code, attempt.error) == (1, 204, "")
    assert len(attempt.request_headers["webhook-signature"]) < 10
    assert deliveries.drain() == 0


def test_a_rotated_secret_and_the_former_one_verify_for_a_day(hook: Hook, receiver: Receiver) -> None:
    former = hook.secret
    assert hook.created_by is not None
    hook.created_by.is_superuser = True
    new = hooks.rotate_secret(hook, by=hook.created_by)
    DeliveryFactory.create(hook=hook)
    deliveries.drain()
    for secret in (new, former):
        signing.verify([secret], receiver.received[0].headers, receiver.received[0].body, now=time.time())
    Hook.objects.update(former_until=timezone.now())
    DeliveryFactory.create(hook=hook)
    deliveries.drain()
    assert receiver.received[1].headers["webhook-signature"].count("v1,") == 1


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 2, 9, 0, tzinfo=UTC), tick=False) as clock:
        yield clock


def test_the_schedule_is_kept_to_its_end_under_one_id(
    clock: time_machine.Traveller, hook: Hook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "GIVE_UP_AFTER", timedelta(days=99))
    receiver.status = 500
    row = DeliveryFactory.create(hook=hook, created_at=timezone.now())
    for n, delay in enumerate(retries.DELAYS):
        assert outcome(row) == ("pending", n)
        waited = (row.next_attempt_at or timezone.now()) - timezone.now()
        assert delay <= waited <= delay * (1 + retries.JITTER)
        if delay:
            clock.shift(delay * 0.99)
            assert deliveries.drain() == 0, f"before try {n + 1}"
            clock.shift(delay * 0.12)
        assert deliveries.drain() == 1
    assert outcome(row) == ("failed", len(retries.DELAYS))
    assert row.next_attempt_at is None
    clock.shift(timedelta(days=9))
    assert deliveries.drain() == 0
    assert {one.headers["webhook-id"] for one in receiver.received} == {row.message_id}
    assert {one.body.decode() for one in receiver.received} == {row.body}
    assert [one.error for one in row.tried.all()] == ["It answered 500 Internal Server Error."] * 10


def test_a_hook_that_nothing_reaches_for_five_days_is_switched_off_and_that_is_told(
    clock: time_machine.Traveller, hook: Hook, receiver: Receiver
) -> None:
    receiver.status = 503
    first = DeliveryFactory.create(hook=hook, created_at=timezone.now())
    deliveries.drain()
    clock.shift(timedelta(days=4, hours=23))
    DeliveryFactory.create(hook=hook, created_at=timezone.now())
    deliveries.drain()
    hook.refresh_from_db()
    assert hook.status == "live"
    clock.shift(timedelta(hours=2))
    deliveries.drain()
    hook.refresh_from_db()
    assert (hook.status, hook.problem) == ("off", "Nothing has reached it for five days.")
    assert outcome(first)[0] == "failed"
    fact = Fact.objects.get()
    assert (fact.kind, fact.subject, fact.data) == ("hook.disabled", str(hook.pk), {"error": hook.problem})
    assert Activity.objects.get().action == "hook.disable"


def test_what_is_taken_again_ends_the_trouble(hook: Hook, receiver: Receiver) -> None:
    receiver.status = 500
    row = DeliveryFactory.create(hook=hook)
    deliveries.drain()
    hook.refresh_from_db()
    assert hook.failing_since is not None
    receiver.status = 200
    Delivery.objects.update(next_attempt_at=timezone.now())
    deliveries.drain()
    hook.refresh_from_db()
    assert outcome(row) == ("delivered", 2)
    assert hook.failing_since is None


def test_410_switches_the_hook_off_at_once(hook: Hook, receiver: Receiver) -> None:
    receiver.status = 410
    DeliveryFactory.create_batch(3, hook=hook)
    waiting = DeliveryFactory.create(hook=hook, next_attempt_at=timezone.now() + timedelta(hours=1))
    deliveries.drain()
    hook.refresh_from_db()
    assert hook.status == "off"
    assert "410" in hook.problem
    assert set(Delivery.objects.values_list("status", flat=True)) == {"failed"}
    for row in Delivery.objects.annotate(sent=Count("tried")):
        assert (row.attempts, row.status_code) == (row.sent, 410 if row.sent else None)
        assert row.reason == (hook.problem if row.sent else hooks.SWITCHED_OFF)
    assert Delivery.objects.get(pk=waiting.pk).attempts == 0
    assert deliveries.drain() == 0


def test_what_was_tried_before_the_hook_was_switched_off_is_told_from_what_was_not(hook: Hook) -> None:
    tried, untried = DeliveryFactory.create(hook=hook, tries=1), DeliveryFactory.create(hook=hook)
    hooks.switch_off(hook, by=UserFactory.create(role="developer"))
    assert Delivery.objects.get(pk=tried.pk).reason == hooks.NOT_TAKEN
    assert Delivery.objects.get(pk=untried.pk).reason == "The hook was switched off before it could be sent."


def test_what_waited_when_the_hook_was_deleted_says_so(hook: Hook) -> None:
    tried, untried = DeliveryFactory.create(hook=hook, tries=1), DeliveryFactory.create(hook=hook)
    hooks.delete(hook, by=UserFactory.create(role="developer"))
    assert Delivery.objects.get(pk=tried.pk).reason == "The hook was deleted before its receiver took it."
    assert Delivery.objects.get(pk=untried.pk).reason == "The hook was deleted before it could be sent."


@pytest.mark.parametrize("asked", ["120", "Mon, 02 Nov 2026 09:02:00 GMT"])
def test_a_receiver_that_asks_for_quiet_gets_it(
    clock: time_machine.Traveller, hook: Hook, receiver: Receiver, asked: str
) -> None:
    receiver.status, receiver.headers = 429, {"Retry-After": asked}
    first = DeliveryFactory.create(hook=hook, created_at=timezone.now())
    deliveries.drain()
    later = DeliveryFactory.create(hook=hook, created_at=timezone.now())
    clock.shift(timedelta(seconds=119))
    assert deliveries.drain() == 0
    receiver.status, receiver.headers = 204, {}
    clock.shift(timedelta(seconds=2))
    assert deliveries.drain() == 2
    assert (outcome(first), outcome(later)) == (("delivered", 2), ("delivered", 1))


@pytest.mark.parametrize("asked", ["", "soon", "-5", "0", "Mon, 02 Nov 2020 09:00:00 GMT", "²"])
def test_a_retry_after_that_asks_for_nothing_changes_nothing(asked: str) -> None:
    assert retries.quiet_until(asked, datetime(2026, 11, 2, tzinfo=UTC)) is None


def test_a_retry_after_is_bounded() -> None:
    now = datetime(2026, 11, 2, tzinfo=UTC)
    assert retries.quiet_until("99999999", now) == now + timedelta(days=1)
    assert retries.quiet_until("9" * 40, now) == now + timedelta(days=1)


def test_a_ping_that_is_answered_brings_forward_what_failed_and_waits(hook: Hook, receiver: Receiver) -> None:
    late = timezone.now() + timedelta(hours=20)
    failed = DeliveryFactory.create(hook=hook, tries=3, attempts=3, next_attempt_at=late)
    others = DeliveryFactory.create(tries=3, attempts=3, next_attempt_at=late)
    assert hook.created_by is not None
    hook.created_by.is_superuser = True
    hooks.verify(hook, by=hook.created_by)
    while deliveries.drain():
        pass
    assert outcome(failed) == ("delivered", 4)
    assert outcome(others) == ("pending", 3)


def test_a_ping_that_is_answered_makes_the_hook_live(receiver: Receiver, settings: object) -> None:
    hook = HookFactory.create(target_url=receiver.url, status="unverified", live_since=None)
    DeliveryFactory.create(hook=hook, kind="ping")
    receiver.status = 500
    deliveries.drain()
    hook.refresh_from_db()
    assert (hook.status, hook.problem) == ("unverified", "It answered 500 Internal Server Error.")
    Delivery.objects.update(next_attempt_at=timezone.now())
    receiver.status = 204
    deliveries.drain()
    hook.refresh_from_db()
    assert (hook.status, hook.problem) == ("live", "")
    assert hook.live_since is not None


def test_what_was_told_of_one_thing_is_sent_in_its_order(hook: Hook, receiver: Receiver) -> None:
    """However many lanes there are: with a receiver whose first answers take longest."""
    subjects = [f"s{n}" for n in range(8)]
    for kind in ("accepted", "started", "succeeded"):
        for subject in subjects:
            fact = Fact.objects.create(kind=f"transaction.{kind}", subject=subject, at=timezone.now())
            DeliveryFactory.create(hook=hook, fact=fact, kind=fact.kind, subject=subject)

    def slow_at_first(handler: Handler) -> None:
        time.sleep(0.05 if b"accepted" in receiver.received[-1].body else 0.0)
        handler.answer(204)

    receiver.play = slow_at_first
    assert deliveries.drain() == 24
    for subject in subjects:
        of_subject = [json.loads(one.body) for one in receiver.received if subject.encode() + b'"' in one.body]
        kinds = [one["type"].partition(".")[2] for one in of_subject]
        assert kinds == ["accepted", "started", "succeeded"]


def test_a_receiver_that_hangs_holds_up_nobody_else(
    hook: Hook, another_receiver: MakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own lanes wait; the others' deliveries are taken while they do."""
    monkeypatch.setattr(posting, "LIMIT_S", 5.0)
    monkeypatch.setattr(delivery_log, "LATE", timedelta())
    hanging, released = another_receiver(), threading.Event()

    def hang(handler: Handler) -> None:
        released.wait(30)
        handler.answer(204)

    hanging.play = hang
    stuck = HookFactory.create(target_url=hanging.url)
    DeliveryFactory.create_batch(30, hook=stuck)
    others = DeliveryFactory.create_batch(60, hook=hook)

    drain = threading.Thread(target=deliveries.drain)
    drain.start()
    deadline = time.monotonic() + 30
    ids = [row.pk for row in others]
    while Delivery.objects.filter(pk__in=ids, status="delivered").count() < 60:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(hanging.received) <= deliveries.LANES
    assert not Delivery.objects.filter(hook=stuck, status="delivered").exists()
    backlogs = delivery_log.backlog(stuck), delivery_log.backlog(hook)
    assert backlogs == (Backlog(30 - deliveries.LANES, is_more=False, under_way=deliveries.LANES), None)
    released.set()
    drain.join(60)
    assert not Delivery.objects.exclude(status="delivered").exists()
    assert delivery_log.backlog(stuck) is None


def test_a_hook_that_fails_has_a_single_lane(hook: Hook, receiver: Receiver) -> None:
    receiver.status = 500
    Hook.objects.update(failing_since=timezone.now())
    DeliveryFactory.create_batch(12, hook=hook)
    at_once, most = [0], [0]

    def count(handler: Handler) -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        at_once[0] -= 1
        handler.answer(500)

    receiver.play = count
    assert deliveries.drain() == 12
    assert most[0] == 1


def test_a_long_answer_is_kept_up_to_64_kb_and_without_what_no_database_takes(hook: Hook, receiver: Receiver) -> None:
    def play(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(b"\0\xff" + b"a" * 99_998)

    receiver.play = play
    DeliveryFactory.create(hook=hook)
    deliveries.drain()
    answer = Attempt.objects.get().answer
    assert (len(answer), answer[:3]) == (65_536, "��a")


def test_one_drain_at_a_time_does_it_for_the_whole_process(hook: Hook, receiver: Receiver) -> None:
    DeliveryFactory.create(hook=hook)
    with deliveries._one_at_a_time:
        assert deliveries.drain() == 0
    assert deliveries.drain() == 1


def test_two_processes_never_send_the_same_at_once(hook: Hook, receiver: Receiver) -> None:
    """What another has claimed is left to it, until its lease is over."""
    rows = DeliveryFactory.create_batch(5, hook=hook)
    claimed = [row.pk for load in deliveries._loads(hook, 0) for row in load.deliveries]
    assert sorted(claimed) == sorted(row.pk for row in rows)
    assert deliveries.drain() == 0
    Delivery.objects.update(claimed_until=timezone.now())
    assert deliveries.drain() == len(rows)


def test_while_a_receiver_hangs_a_doorbell_has_what_is_due_sent_at_once(
    hook: Hook, receiver: Receiver, another_receiver: MakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "IDLE_S", 60.0)  # by itself it would not look for so long
    hanging = another_receiver()
    let_go = threading.Event()

    def hang(handler: Handler) -> None:
        let_go.wait(10)
        handler.answer(204)

    hanging.play = hang
    DeliveryFactory.create(hook=HookFactory.create(target_url=hanging.url))
    drains = threading.Thread(target=deliveries.drain)
    drains.start()
    while not hanging.received:
        time.sleep(0.01)
    row = DeliveryFactory.create(hook=hook)
    begun = time.monotonic()
    assert deliveries.drain() == 0  # the other one does it
    while not receiver.received:
        assert time.monotonic() - begun < 3
        time.sleep(0.01)
    let_go.set()
    drains.join()
    row.refresh_from_db()
    assert row.status == "delivered"
