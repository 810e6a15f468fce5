"""The form of a new transaction in a browser: fields that come and go, rows, and the branch it will take."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Visitor, Visits
from tests.browser.forms import ADDRESS, SCHEMA, fill_tags, opened, submitted
from tests.factories import DeploymentFactory, UserFactory, WorkflowRevisionFactory

pytestmark = pytest.mark.browser
WANTED = {
    "TransactionType": "PURCHASE",
    "country": "US",
    "tags": ["a", "c"],
    "payment": {"method": "card", "number": "4711"},
    "state": "NY",
    "at": "2026-03-11T09:00:00Z",
}


@pytest.fixture
def visitor(visits: Visits) -> Visitor:
    return opened(visits())


def test_fields_come_when_they_apply_and_the_branch_is_told_while_typing(visitor: Visitor) -> None:
    page = visitor.page
    page.evaluate("window.isTheSame = true")
    page.get_by_label("Transaction type").fill("PURCHASE")
    expect(page.locator("#prediction .branch").first).to_have_text("ProcessPurchase")
    page.get_by_label("Transaction type").fill("REFUND")
    expect(page.locator("#prediction .branch").first).to_have_text("ProcessRefund")
    page.get_by_label("Transaction type").fill("PURCHASE")
    page.get_by_label("US").check()
    page.get_by_label("State", exact=True).fill("NY")
    page.get_by_label("Moment").fill("2026-03-11T10:00")  # in Berlin, where this viewer is
    page.get_by_label("Card", exact=True).check()
    page.get_by_label("Card number").fill("4711")
    page.evaluate("for (const one of document.querySelectorAll('#fields *')) one.style.caretColor = 'auto'")
    fill_tags(page)
    expect(page.get_by_label("Tags 2")).to_be_focused()
    assert not Axe().run(page).response["violations"]
    assert page.evaluate("window.isTheSame")
    assert not visitor.complaints
    page.get_by_role("button", name="Submit").last.click()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert submitted() == WANTED


def test_a_wide_graph_is_moved_to_the_branch_that_is_predicted(visits: Visits) -> None:
    rules = [{"Variable": "$.TransactionType", "StringEquals": f"T{n}", "Next": f"Branch{n}"} for n in range(12)]
    ends = {f"Branch{n}": {"Type": "Succeed"} for n in range(12)}
    machine = {"StartAt": "Pick", "States": {"Pick": {"Type": "Choice", "Choices": rules}, **ends}}
    DeploymentFactory.create(
        workflow_revision=WorkflowRevisionFactory.create(definition=json.dumps(machine), input_schema=SCHEMA)
    )
    visitor = visits(phone=True)
    visitor.sign_in(UserFactory.create(username="olga"))
    page = visitor.go(ADDRESS)
    for number in (0, 11):
        page.get_by_label("Transaction type").fill(f"T{number}")
        target = page.locator(f".graph-node-predicted[aria-label^='Branch{number},']")
        expect(target).to_have_count(1)
        around, inside = page.locator(".graph-scroll").bounding_box(), target.bounding_box()
        assert around
        assert inside
        assert around["x"] <= inside["x"] <= around["x"] + around["width"] - inside["width"]


@pytest.mark.long
def test_the_same_form_works_without_javascript(visits: Visits) -> None:
    page = opened(visits(script=False)).page
    page.get_by_label("Transaction type").fill("PURCHASE")
    page.get_by_label("US").check()
    page.get_by_label("Card", exact=True).check()
    page.get_by_label("Moment").fill("2026-03-11T09:00:00Z")
    page.get_by_role("button", name="Show the fields that apply").click()
    page.get_by_label("State", exact=True).fill("NY")
    page.get_by_label("Card number").fill("4711")
    fill_tags(page)
    page.get_by_role("button", name="Submit").last.click()
    expect(page.locator("h1")).not_to_contain_text("New")
    assert submitted() == WANTED


def test_the_form_is_filled_in_and_sent_with_the_keyboard_alone(visitor: Visitor) -> None:
    page, press = visitor.page, visitor.page.keyboard
    page.get_by_label("Transaction type").focus()
    press.type("REFUND")
    press.press("Tab")
    press.press("ArrowRight")  # from "Leave out", which is the last, to the first
    page.get_by_label("Card", exact=True).focus()
    press.press("ArrowRight")
    expect(page.get_by_label("Cash", exact=True)).to_be_checked()
    page.get_by_label("Transaction type").focus()
    press.press("Enter")
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert submitted() == {"TransactionType": "REFUND", "country": "DE", "payment": {"method": "cash"}}


def test_what_the_keyboard_reaches_on_a_phone_is_not_behind_the_rail(visits: Visits) -> None:
    page = opened(visits(phone=True)).page
    rail = page.locator(".rail-note").bounding_box()
    assert rail
    page.get_by_label("Size").focus()
    for name in ("Add to Tags", "Card", "Rest", "Reference", "Submit", "Which branch?", "Save as preset…"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(name).or_(page.get_by_role("button", name=name))).to_be_focused()
        page.wait_for_timeout(400)  # it scrolls there smoothly
        assert page.evaluate("document.activeElement.getBoundingClientRect().bottom") < rail["y"]


def test_a_form_goes_to_json_and_back(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("Card", exact=True).check()
    page.get_by_label("Card number").fill("4711")
    page.get_by_role("button", name="Write it as JSON").click()
    expect(page.locator("#id_input")).to_be_visible()
    assert json.loads(page.locator("#id_input").input_value()) == {"payment": {"method": "card", "number": "4711"}}
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_label("Card number")).to_have_value("4711")


def test_what_is_wrong_with_a_field_is_no_longer_said_of_what_is_written_anew(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("Card", exact=True).check()
    page.get_by_role("button", name="Submit").click()
    wrong = page.locator(".has-error", has=page.get_by_label("Card number"))
    expect(wrong).to_be_visible()
    page.get_by_label("Card number").fill("4711")
    expect(wrong).to_have_count(0)
    assert Axe().run(page).violations_count == 0


def test_what_was_typed_under_a_choice_is_there_again_with_it(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("Card", exact=True).check()
    page.get_by_label("Card number").fill("4711")
    page.get_by_label("Cash", exact=True).check()
    expect(page.get_by_label("Card number")).to_have_count(0)
    page.get_by_label("Card", exact=True).check()
    expect(page.get_by_label("Card number")).to_have_value("4711")
    page.get_by_label("Cash", exact=True).check()
    expect(page.get_by_label("Card number")).to_have_count(0)
    page.get_by_role("button", name="Submit").click()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert submitted() == {"payment": {"method": "cash"}}
