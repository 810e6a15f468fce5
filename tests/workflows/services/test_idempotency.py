"""A key is answered once: the same again for the same request, a refusal for another, free again after a failure."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.factories import UserFactory
from workflows.jobs.idempotency import forget_old
from workflows.models import Fact, IdempotencyKey, User
from workflows.services import facts, idempotency
from workflows.services.idempotency import Answer, Draft, Fingerprint, KeyReused, once, once_in_rows

pytestmark = pytest.mark.django_db
WHAT, OTHER = Fingerprint("what"), Fingerprint("something else")


@pytest.fixture
def alice() -> User:
    return UserFactory.create()


def make() -> Answer:
    facts.tell("made", "1")
    return Answer(201, '{"secret": "whsec_a"}', "1")


def draft() -> Draft:
    return Draft(Answer(201, '{"id": 1}', "1"), [facts.fact("made", "1")])


def test_rows_are_written_once_with_their_answer(alice: User) -> None:
    first = once_in_rows("k", WHAT, draft, by=alice)
    again = once_in_rows("k", WHAT, draft, by=alice)
    assert (first.is_replayed, again.is_replayed) == (False, True)
    assert (again.status, again.body, again.subject) == (first.status, first.body, first.subject)
    assert Fact.objects.count() == 1
    with pytest.raises(KeyReused):
        once_in_rows("k", OTHER, draft, by=alice)
    with pytest.raises(KeyReused):
        once("k", OTHER, make, by=alice)


def test_an_answer_is_replayed_though_it_could_not_be_given_now(alice: User) -> None:
    def fail() -> Draft:
        raise ValueError

    with pytest.raises(ValueError):
        once_in_rows("k", WHAT, fail, by=alice)
    once_in_rows("k", WHAT, draft, by=alice)
    assert once_in_rows("k", WHAT, fail, by=alice).is_replayed
    with pytest.raises(KeyReused):
        once_in_rows("k", OTHER, fail, by=alice)


def test_a_row_the_database_refuses_leaves_the_key_free(alice: User) -> None:
    def fail() -> Draft:
        taken = IdempotencyKey(user=alice, key="another", fingerprint="f")
        return Draft(Answer(), [facts.fact("made", "1"), taken])

    once("another", WHAT, Answer, by=alice)

    with pytest.raises(IntegrityError):
        once_in_rows("k", WHAT, fail, by=alice)
    assert not Fact.objects.exists()
    assert not once_in_rows("k", OTHER, draft, by=alice).is_replayed


def test_a_repeated_key_gives_the_same_answer_and_makes_nothing(alice: User) -> None:
    first = once("k", WHAT, make, by=alice)
    again = once("k", WHAT, make, by=alice)
    assert (first.is_replayed, again.is_replayed) == (False, True)
    assert (again.status, again.body, again.subject) == (first.status, first.body, first.subject)
    assert Fact.objects.count() == 1


def test_a_key_named_for_something_else_is_refused(alice: User) -> None:
    once("k", WHAT, make, by=alice)
    with pytest.raises(KeyReused):
        once("k", OTHER, make, by=alice)
    assert Fact.objects.count() == 1


def test_keys_of_two_people_do_not_meet(alice: User) -> None:
    once("k", WHAT, make, by=alice)
    assert not once("k", OTHER, make, by=UserFactory.create()).is_replayed


def test_what_fails_writes_nothing_and_leaves_the_key_free(alice: User) -> None:
    def fail() -> Answer:
        make()
        raise ValueError

    with pytest.raises(ValueError):
        once("k", WHAT, fail, by=alice)
    assert not Fact.objects.exists()
    assert not once("k", OTHER, make, by=alice).is_replayed


def test_a_kept_answer_is_encrypted(alice: User) -> None:
    once("k", WHAT, make, by=alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM workflows_idempotencykey")
        (kept,) = cursor.fetchone()
    assert "whsec" not in kept
    assert IdempotencyKey.objects.get().body == '{"secret": "whsec_a"}'


def test_a_key_is_kept_longer_than_aws_keeps_a_name(alice: User) -> None:
    once("k", WHAT, make, by=alice)
    with time_machine.travel(timezone.now() + timedelta(days=120), tick=False):
        assert forget_old() == 0
        assert once("k", WHAT, make, by=alice).is_replayed
    with time_machine.travel(timezone.now() + timedelta(days=181), tick=False):
        assert forget_old() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="On SQLite one writer is waited for")
def test_a_key_in_flight_is_refused_at_once(alice: User) -> None:
    from tests.transactions.test_at_once import at_once

    with transaction.atomic():
        once("k", WHAT, make, by=alice)
        with pytest.raises(idempotency.KeyInFlight):
            at_once([lambda: once("k", WHAT, make, by=alice)])
        with pytest.raises(idempotency.KeyInFlight):
            at_once([lambda: once_in_rows("k", WHAT, draft, by=alice)])
    assert Fact.objects.count() == 1
