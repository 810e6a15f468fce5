"""What fails now is a status of its own, the same on pages and over REST: of deliveries, and of hooks as a filter."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import DeliveryFactory, HookFactory, UserFactory
from tests.workflows.api.conftest import asker
from transactions.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting() -> dict[str, Delivery]:
    """What was not tried yet, and what waits for its next try."""
    hook = HookFactory.create()
    return {name: DeliveryFactory.create(hook=hook, tries=tries) for name, tries in (("pending", 0), ("failing", 2))}


def test_what_waits_for_its_next_try_is_told_apart_from_what_was_not_tried(
    client: Client, waiting: dict[str, Delivery]
) -> None:
    DeliveryFactory.create(status="delivered", tries=1)
    client.force_login(UserFactory.create(role="viewer"))
    for status, row in waiting.items():
        (told,) = asker("viewer").get(f"deliveries?status={status}")["results"]
        assert (told["id"], told["status"]) == (str(row.pk), status)
        shown = client.get(f"/hooks/deliveries?status={status}")
        assert shown.context["page"].results == [row]
        badge = text(shown).partition("<tbody")[2]
        assert re.findall("Pending|Failing", badge) == [status.capitalize()]
        assert status.capitalize() in text(client.get(f"/hooks/deliveries/{row.pk}"))
    chart = client.get("/hooks/").context["chart"]
    assert {line.label: line.total for line in chart.lines if line.total} == {"Pending": 1, "Failing": 1}


def test_hooks_are_listed_by_status_and_by_whether_anything_reaches_them(client: Client) -> None:
    now = timezone.now()
    live, failing, off = (
        HookFactory.create(),
        HookFactory.create(failing_since=now),
        HookFactory.create(status="off", failing_since=now),
    )
    client.force_login(UserFactory.create(role="viewer"))
    fits = {"": [off, failing, live], "live": [failing, live], "failing": [failing], "off": [off], "unverified": []}
    for status, hooks in fits.items():
        told = asker("viewer").get(f"hooks?status={status}" if status else "hooks")["results"]
        assert [one["id"] for one in told] == [str(hook.pk) for hook in hooks], status
        assert client.get(f"/hooks/?status={status}").context["hooks"] == hooks, status
    assert "No hook has this status" in text(client.get("/hooks/?status=unverified"))


@pytest.mark.parametrize("wrong", ["status=odd", "hook=zzz"])
def test_a_filter_that_hooks_do_not_have_is_told_and_nothing_is_listed(client: Client, wrong: str) -> None:
    HookFactory.create()
    client.force_login(UserFactory.create(role="viewer"))
    shown = client.get(f"/hooks/?{wrong}")
    assert "Nothing was looked for" in text(shown) and shown.context["hooks"] == []
    refused = asker("viewer").ask("GET", f"hooks?{wrong}")
    assert refused.status_code == 422 and b'"bad_filter"' in refused.content
