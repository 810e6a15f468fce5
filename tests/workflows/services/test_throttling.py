"""Guessing passwords is slow: by name and address, by address, by name."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from workflows.models import SignInFailure
from workflows.services import throttling
from workflows.services.throttling import WINDOW, TooOften

pytestmark = pytest.mark.django_db
HERE, THERE = "192.0.2.1", "2001:db8::2"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def fail(times: int, name: str = "olga", address: str = HERE) -> None:
    for _ in range(times):
        throttling.begin(name, address)


def test_five_failures_are_the_last_of_one_name_from_one_address() -> None:
    fail(5)
    with pytest.raises(TooOften, match=r"Try again in 15 minutes\."):
        throttling.begin("olga", HERE)


def test_neither_the_same_name_elsewhere_nor_another_name_here_has_to_wait_for_it() -> None:
    fail(5)
    throttling.begin("olga", THERE)
    throttling.begin("ivan", HERE)


def test_capitals_and_blanks_make_no_other_name() -> None:
    fail(5)
    with pytest.raises(TooOften):
        throttling.begin(" Olga", HERE)


def test_one_address_may_not_try_many_names() -> None:
    for number in range(30):
        throttling.begin(f"name{number}", HERE)
    with pytest.raises(TooOften):
        throttling.begin("one more", HERE)


def test_many_addresses_may_not_try_one_name() -> None:
    for number in range(60):
        throttling.begin("olga", f"192.0.2.{number}")
    with pytest.raises(TooOften):
        throttling.begin("olga", THERE)


def test_the_wait_ends_and_asking_meanwhile_does_not_prolong_it(clock: time_machine.Traveller) -> None:
    fail(5)
    clock.shift(WINDOW - timedelta(seconds=10))
    with pytest.raises(TooOften, match=r"Try again in 10 seconds\.") as refused:
        throttling.begin("olga", HERE)
    assert refused.value.seconds == 10
    clock.shift(timedelta(seconds=10))
    throttling.begin("olga", HERE)


def test_success_forgets_the_failures_of_this_name_here_only() -> None:
    fail(4)
    fail(5, address=THERE)
    throttling.succeed("olga", HERE)
    fail(5)
    with pytest.raises(TooOften):
        throttling.begin("olga", THERE)


def test_what_counts_no_more_is_not_kept(clock: time_machine.Traveller) -> None:
    fail(3)
    clock.shift(WINDOW)
    throttling.begin("ivan", THERE)
    assert SignInFailure.objects.count() == 1


def test_what_was_typed_as_a_name_is_not_kept_readable() -> None:
    throttling.begin("my password by mistake", HERE)
    assert "password" not in str(SignInFailure.objects.values())
