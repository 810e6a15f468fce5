"""A hook through its pages: its secret is seen once, rotated with an overlap, and what failed is sent again."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.factories import DeliveryFactory, HookFactory, UserFactory
from transactions.models import Delivery, Hook
from workflows.models import Fact

pytestmark = pytest.mark.browser
SECRET = re.compile(r"whsec_\S+")


def test_a_secret_is_seen_once_rotated_with_an_overlap_and_what_failed_is_sent_again(visits: Visits) -> None:
    visitor = visits()
    visitor.sign_in(UserFactory.create(username="dora", role="developer"))
    page = visitor.go("/hooks/new")
    page.get_by_label("Address", exact=True).fill("https://receiver.example/hook")
    page.get_by_role("button", name="Make the hook").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    hook = Hook.objects.get()
    assert hook.secret in page.content()
    page.reload()
    expect(page.get_by_text(SECRET)).to_have_count(0)

    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Rotate the secret").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    other.get_by_role("button", name="Rotate the secret").click()
    expect(other.get_by_text("End that overlap before you rotate")).to_be_visible()
    rotated = Hook.objects.get()
    assert rotated.secret != rotated.former_secret == hook.secret
    other.get_by_role("button", name="End the former secret").click()
    expect(other.get_by_text("Only the newest secret signs now.")).to_be_visible()
    assert Hook.objects.get().former_secret == ""

    now = timezone.now()
    Hook.objects.update(status="live", live_since=now)
    for told in ({"status": "failed"}, {"tries": 2}, {"status": "not_sent", "is_missed": True}):
        fact = Fact.objects.create(kind="transaction.failed", subject="s", at=now)
        DeliveryFactory.create(hook=hook, fact=fact, created_at=now, **told)
    page.reload()
    page.get_by_text("3 can be sent again").click()
    page.get_by_role("button", name="Send these again").click()
    expect(page.get_by_text("3 to be sent.")).to_be_visible()
    assert set(Delivery.objects.filter(fact__isnull=False).values_list("status", "tries")) == {("pending", 0)}
    assert not visitor.complaints


@pytest.mark.parametrize(
    "is_phone", [pytest.param(True, id="phone dark"), pytest.param(False, id="wide light", marks=pytest.mark.long)]
)
def test_hooks_in_trouble_and_what_they_missed_are_well_made(visits: Visits, is_phone: bool) -> None:
    visitor = visits(phone=is_phone, dark=is_phone)
    visitor.sign_in(UserFactory.create(username="dora", role="developer"))
    now = timezone.now()
    off = HookFactory.create(status="off", problem="Nothing has reached it for five days.", off_since=now)
    HookFactory.create(failing_since=now)
    fact = Fact.objects.create(kind="transaction.failed", subject="s", at=now)
    DeliveryFactory.create(hook=off, fact=fact, status="not_sent", is_missed=True, reason="Not sent.")
    for path, summary in (("/hooks/", "Which, and since when"), (f"/hooks/{off.pk}", "1 missed while it was off")):
        page = visitor.go(path)
        page.get_by_text(summary).click()
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert not found.response["violations"], f"{path}: {found.generate_report()}"
    assert not visitor.complaints


def test_what_deliveries_say_lines_up_on_a_phone(visits: Visits) -> None:
    for path in ("a", "a/much/longer/path/that/needs/another/line"):
        DeliveryFactory.create(hook__target_url=f"https://receiver.example/{path}")
    visitor = visits(phone=True)
    visitor.sign_in(UserFactory.create(role="developer"))
    cells = visitor.go("/hooks/deliveries").locator("tbody td:nth-child(2), tbody td:nth-child(4)")
    lefts = {round(box["x"]) for cell in cells.all() if (box := cell.bounding_box())}
    assert (cells.count(), len(lefts)) == (4, 1)
