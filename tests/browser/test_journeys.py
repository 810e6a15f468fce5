"""Whole ways through the pages: from form to branch, from filters to a file, from a preset to a warning."""

import csv
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visitor, Visits
from tests.factories import (
    PASSWORD,
    ChoiceResultFactory,
    DeploymentFactory,
    EnvironmentFactory,
    TransactionFactory,
    UserFactory,
    rules,
)
from transactions.models import Preset, Transaction
from transactions.selectors import first_id

pytestmark = pytest.mark.browser
NEW = "/transactions/new?workflow=transaction-processor"
FILLED = {"Transaction type": "REFUND", "Customer": "C-1", "Amount": "12.50"}


def fill(page: Page) -> None:
    for label, text in FILLED.items():
        page.get_by_label(label, exact=True).fill(text)


@pytest.fixture
def visitor(visits: Visits) -> Visitor:
    opened = visits()
    opened.sign_in(UserFactory.create(username="olga"))
    return opened


def test_from_the_form_over_the_prediction_to_the_branch_taken_live(visitor: Visitor) -> None:
    DeploymentFactory.create()
    page = visitor.go(NEW)
    fill(page)
    expect(page.locator("#prediction .branch").first).to_have_text("ProcessRefund")
    page.get_by_role("button", name="Submit").last.click()
    expect(page.locator("h1")).to_contain_text("Accepted")
    row = Transaction.objects.get()
    assert json.loads(row.input) == {"TransactionType": "REFUND", "CustomerId": "C-1", "Amount": 12.5}
    # What a worker would write once AWS told it.
    ChoiceResultFactory.create(execution=row.execution, next="ProcessRefund", rule=1, rules=rules("REFUND"))
    Transaction.objects.filter(pk=row.pk).update(
        status="succeeded", version=row.version + 1, started_at=timezone.now(), finished_at=timezone.now()
    )
    expect(page.locator("h1")).to_contain_text("Succeeded")
    expect(page.locator(".rules .is-winner")).to_contain_text("ProcessRefund")


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there, as somebody without a mouse would."""
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no Tab leads to {wanted}")


def follow(page: Page, wanted: Locator) -> None:
    """Go there by keyboard and press it."""
    reach(page, wanted)
    page.keyboard.press("Enter")


def test_a_transaction_is_submitted_understood_and_left_by_keyboard_only(visits: Visits) -> None:
    DeploymentFactory.create()
    UserFactory.create(username="olga")
    page = (visitor := visits()).go("/login")
    reach(page, page.get_by_label("Name"))
    page.keyboard.type("olga")
    reach(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Overview")
    follow(page, page.get_by_role("link", name="New transaction").first)
    follow(page, page.locator("main").get_by_role("link", name="Transaction processor"))
    for label, typed in FILLED.items():
        reach(page, page.get_by_label(label, exact=True))
        page.keyboard.type(typed)
    expect(page.locator("#prediction .branch").first).to_have_text("ProcessRefund")
    follow(page, page.get_by_role("button", name="Submit").last)
    expect(page.locator("h1")).to_contain_text("Accepted")

    row = Transaction.objects.get()
    for number in range(5):  # what a worker would write once AWS told it
        values = {"position": number, "state": f"C{number}", "entered_event": number}
        ChoiceResultFactory.create(execution=row.execution, **values)
    Transaction.objects.filter(pk=row.pk).update(status="succeeded", version=row.version + 1)
    expect(page.locator("h1")).to_contain_text("Succeeded")
    expect(page.get_by_role("heading", name="C4")).to_be_visible()
    follow(page, page.locator("#other-choices > summary"))
    folded = page.locator(".folded").first
    follow(page, folded.locator("summary"))
    expect(folded.locator(".is-winner")).to_contain_text("ProcessPurchase")
    page.go_back()  # its key is the browser's own, which has no window here
    expect(page.get_by_text("This was sent already")).to_be_visible()
    assert visitor.complaints == []


def test_back_leads_to_the_form_as_it_was_sent(visitor: Visitor) -> None:
    DeploymentFactory.create()
    page = visitor.go(NEW)
    fill(page)
    page.get_by_role("button", name="Submit").last.click()
    expect(page.locator("h1")).to_contain_text("Accepted")
    page.go_back()
    expect(page.get_by_text("This was sent already")).to_be_visible()
    for label, text in FILLED.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(text)
    page.get_by_role("button", name="Submit").last.click()
    expect(page.locator("h1")).to_contain_text("Accepted")
    assert Transaction.objects.count() == 1


def test_what_is_filtered_is_what_the_file_holds(visitor: Visitor) -> None:
    deployment = DeploymentFactory.create()
    failed = [
        TransactionFactory.create(
            deployment=deployment, status="failed", error="Declined", reference=f"=order-{number}"
        )
        for number in range(3)
    ]
    TransactionFactory.create(deployment=deployment, status="succeeded")
    page = visitor.go("/transactions/")
    page.get_by_label("Status").select_option("failed")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_text("Export").click()
    with page.expect_download() as download:
        page.get_by_text("CSV, for spreadsheets").click()
    with download.value.path().open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert [one["id"] for one in read] == [str(row.pk) for row in reversed(failed)]
    assert {one["status"] for one in read} == {"failed"}
    assert read[-1]["reference"] == "'=order-0"  # a spreadsheet would take it for a formula


def test_days_of_the_filter_are_the_viewers_and_a_moment_that_was_given_stays(visitor: Visitor) -> None:
    deployment = DeploymentFactory.create()
    # In Berlin, where this viewer is, the first is of the 10th of March and the second of the 11th.
    early, late = (first_id(datetime(2026, 3, 10, hour, 30, tzinfo=UTC)) for hour in (22, 23))
    for pk in (early, late):
        TransactionFactory.create(deployment=deployment, pk=pk)
    page = visitor.go("/transactions/")
    page.get_by_label("From", exact=True).fill("2026-03-11")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr a").first).to_have_attribute("href", f"/transactions/{late}")
    assert parse_qs(urlsplit(page.url).query)["created_after"] == ["2026-03-10T23:00:00.000Z"]
    expect(page.locator(".chips")).to_contain_text("11 Mar, 00:00:00")

    page = visitor.go("/transactions/?created_after=2026-03-10T22:15:00%2B00:00")
    expect(page.get_by_label("From", exact=True)).to_have_value("2026-03-10")
    page.get_by_label("Status").select_option(index=1)
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**status=**")
    assert parse_qs(urlsplit(page.url).query)["created_after"] == ["2026-03-10T22:15:00+00:00"]


def test_a_preset_begins_a_transaction_and_the_same_keys_are_warned_of(visitor: Visitor) -> None:
    DeploymentFactory.create()
    page = visitor.go(NEW)
    fill(page)
    page.get_by_role("button", name="Save as preset").click()
    expect(page.get_by_label("Name")).to_be_visible()
    assert not Axe().run(page).response["violations"]
    page.get_by_label("Name").fill("A refund")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kept as preset “A refund”.")).to_be_visible()
    page.get_by_role("button", name="Submit").last.click()
    expect(page.locator("h1")).to_contain_text("Accepted")
    page = visitor.go(NEW)
    page.get_by_role("link", name="A refund").click()
    expect(page.get_by_label("Amount", exact=True)).to_have_value("12.50")
    expect(page.locator("#duplicates")).to_contain_text(
        "1 transaction with type REFUND, customer_id C-1 and amount 12.50"
    )
    assert not Axe().run(page).response["violations"]
    page.get_by_label("Amount", exact=True).fill("13")
    expect(page.locator("#duplicates")).to_have_count(0)
    page = visitor.go(f"{NEW}&preset={Preset.objects.get().pk}")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Delete “A refund”").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete “A refund”").click()
    expect(page.get_by_text("is deleted.")).to_be_visible()


def test_a_tab_stays_in_its_environment_whatever_another_one_chooses(visitor: Visitor) -> None:
    TransactionFactory.create(deployment=DeploymentFactory.create(), reference="of-the-first")
    EnvironmentFactory.create(slug="shop", title="Shop")
    page = visitor.go("/transactions/")
    expect(page.get_by_role("link", name="of-the-first")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".menu > summary.environment").click()
    other.get_by_role("button", name="Shop").click()
    expect(other.locator(".menu > summary.environment")).to_have_text("Shop")
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.locator(".menu > summary.environment")).to_have_text("Embedded")
    page.get_by_role("link", name="Transactions", exact=True).click()
    expect(page.get_by_role("link", name="of-the-first")).to_be_visible()
    other.get_by_role("link", name="Workflows", exact=True).click()
    expect(other.locator(".menu > summary.environment")).to_have_text("Shop")
    assert "environment=" not in other.url  # where it is the one chosen, addresses stay short
    assert not visitor.complaints
