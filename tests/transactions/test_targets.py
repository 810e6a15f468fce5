"""Where a hook may lead is told when it is saved, as far as its address alone tells it."""

import socket
from typing import Any

import pytest
from django.conf import LazySettings

from tests.factories import HookFactory, UserFactory
from tests.transactions.jobs.test_posting import HOSTILE
from tests.workflows.api.conftest import asker
from transactions import targets
from transactions.models import Hook
from transactions.services import hooks
from transactions.services.hooks import Wish
from transactions.services.submissions import Rejected
from workflows.models import User

EVENTS = ["transaction.failed"]
NAMES = ("loopback by name",)
WRITTEN = [host for kind, hosts in HOSTILE.items() if kind not in NAMES for host in hosts.split()]


@pytest.fixture
def dora(db: None) -> User:
    return UserFactory.create(role="developer")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The names that were looked up."""
    names: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: names.append(args))
    return names


@pytest.mark.parametrize("host", WRITTEN)
def test_an_address_that_is_not_public_is_refused_before_anything_is_made(
    host: str, dora: User, settings: LazySettings, asked: list[Any]
) -> None:
    settings.HOOK_PLACES = []
    with pytest.raises(Rejected, match=r"It leads to .*, which is not on the public internet. That is refused."):
        hooks.subscribe(Wish(f"https://{host}/hook", EVENTS), by=dora)
    assert not Hook.objects.exists() and not asked


def test_a_public_address_and_a_name_are_taken_as_they_are(dora: User, asked: list[Any]) -> None:
    for host in ("93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "receiver.example", "10.example"):
        hooks.subscribe(Wish(f"https://{host}/", EVENTS), by=dora)
    assert Hook.objects.count() == 4 and not asked


def test_a_place_that_is_let_in_may_be_anywhere_and_its_other_ports_may_not(dora: User, settings: LazySettings) -> None:
    settings.HOOK_PLACES = [targets.parse_place("10.0.0.7:8443")]
    hooks.subscribe(Wish("https://10.0.0.7:8443/", EVENTS), by=dora)
    with pytest.raises(Rejected, match=r"Port 443 of 10\.0\.0\.7 is closed to hooks"):
        hooks.subscribe(Wish("https://10.0.0.7/", EVENTS), by=dora)


def test_a_hook_cannot_be_led_there_later_and_rest_says_at_which_field(dora: User) -> None:
    hook = HookFactory.create()
    wish = {"target_url": "https://192.168.1.1/", "events": EVENTS}
    for method, path in (("POST", "hooks"), ("PUT", f"hooks/{hook.pk}")):
        refused = asker().ask(method, path, wish)
        assert refused.status_code == 422
        assert b'"/target_url"' in refused.content and b"It leads to 192.168.1.1" in refused.content
    assert Hook.objects.get().target_url == hook.target_url
