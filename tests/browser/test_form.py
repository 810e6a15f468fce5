"""The form of a new transaction in a browser: fields that come and go, rows, and the branch it will take."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visitor, Visits
from tests.factories import PASSWORD, DeploymentFactory, UserFactory, WorkflowRevisionFactory
from transactions.models import Transaction

pytestmark = pytest.mark.browser
TEXT = {"type": "string"}
ADDRESS = "/transactions/new?workflow=transaction-processor"
SCHEMA = json.dumps(
    {
        "$defs": {
            "card": {
                "title": "Card",
                "properties": {"method": {"const": "card"}, "number": {**TEXT, "title": "Card number"}},
                "required": ["method", "number"],
            }
        },
        "type": "object",
        "required": ["payment"],
        "properties": {
            "TransactionType": {**TEXT, "title": "Transaction type"},
            "country": {"enum": ["DE", "US"], "title": "Country"},
            "day": {"type": "string", "format": "date", "title": "Day"},
            "at": {"type": "string", "format": "date-time", "title": "Moment"},
            "size": {"enum": ["1", "2", "3", "4", "5"], "title": "Size"},
            "tags": {"type": "array", "items": {**TEXT, "default": "new"}, "title": "Tags", "maxItems": 3},
            "payment": {
                "title": "Payment",
                "oneOf": [
                    {"$ref": "#/$defs/card"},
                    {"title": "Cash", "properties": {"method": {"const": "cash"}}, "required": ["method"]},
                ],
            },
            "rest": {"title": "Rest"},
        },
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"properties": {"state": {**TEXT, "title": "State"}}, "required": ["state"]},
    }
)
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


def opened(visitor: Visitor) -> Visitor:
    DeploymentFactory.create(workflow_revision__input_schema=SCHEMA)
    visitor.sign_in(UserFactory.create(username="olga"))
    visitor.go(ADDRESS)
    return visitor


def submitted() -> object:
    return json.loads(Transaction.objects.get().input)


def fill_tags(page: Page) -> None:
    """Three, of which the second is taken away again."""
    for row, text in enumerate("abc"):
        page.get_by_role("button", name="Add to Tags").press("Enter")
        page.get_by_label(f"Tags {row + 1}").fill(text)
    page.get_by_role("button", name="Remove Tags 2").click()
    expect(page.get_by_label("Tags 3")).to_have_count(0)
    expect(page.get_by_label("Tags 2")).to_have_value("c")


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
    expect(page).not_to_have_url(visitor.base + ADDRESS)
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
    expect(page).not_to_have_url(visitor.base + ADDRESS)
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
    assert json.loads(page.get_by_label("JSON").input_value()) == {"payment": {"method": "card", "number": "4711"}}
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_label("Card number")).to_have_value("4711")


@pytest.mark.parametrize("order", [("add", "predict"), ("refresh", "add")])
def test_an_answer_that_a_new_row_has_overtaken_is_not_shown(visitor: Visitor, order: tuple[str, str]) -> None:
    page, held = visitor.page, dict[str, Route]()
    asks = {"add": "action=add", "refresh": "action=refresh", "predict": "/transactions/predict"}

    def hold(route: Route) -> None:
        request = route.request
        sent = f"{request.url} {request.post_data}"
        kind = next((one for one in order if asks[one] in sent and one not in held), None)
        if kind:
            held[kind] = route
        else:
            route.continue_()

    page.route("**/transactions/*", hold)
    page.get_by_label("Transaction type").fill("PURCHASE")
    page.get_by_label("US").check()  # which brings a field
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Add to Tags").click()
    page.wait_for_timeout(100)
    for one in order:
        with page.expect_response(lambda answer, one=one: answer.request == held[one].request):  # type: ignore[misc]
            held[one].continue_()
        page.wait_for_timeout(200)
    expect(page.get_by_label("Tags 1")).to_have_value("new")
    expect(page.get_by_label("State", exact=True)).to_have_value("")
    expect(page.locator("#prediction")).to_contain_text('"tags"')
    assert not visitor.complaints


def test_what_is_typed_while_fields_are_asked_for_is_kept_with_the_focus(visitor: Visitor) -> None:
    page, held = visitor.page, list[Route]()

    def hold(route: Route) -> None:
        is_refresh = "action=refresh" in (route.request.post_data or "")
        held.append(route) if is_refresh and not held else route.continue_()

    page.route("**/transactions/new*", hold)
    page.get_by_label("US").check()  # which brings a field before those that follow
    page.get_by_label("Day").fill("2026-03-11")
    page.get_by_label("Cash", exact=True).check()
    page.get_by_label("Transaction type").press_sequentially("REFUND")
    page.keyboard.press("ArrowLeft")
    with page.expect_response(lambda answer: answer.request == held[0].request):
        held[0].continue_()
    expect(page.get_by_label("State", exact=True)).to_be_visible()
    expect(page.get_by_label("Transaction type")).to_be_focused()
    page.keyboard.type("E")
    expect(page.get_by_label("Transaction type")).to_have_value("REFUNED")
    expect(page.get_by_label("Day")).to_have_value("2026-03-11")
    expect(page.get_by_label("Cash", exact=True)).to_be_checked()
    expect(page.locator("#prediction")).to_contain_text('"cash"')
    assert not visitor.complaints


def removal_under_way(page: Page) -> list[Route]:
    """The first of two rows is being taken away: the request that says so is held back."""
    held: list[Route] = []
    fill_tags(page)

    def hold(route: Route) -> None:
        is_removal = "action=remove" in (route.request.post_data or "")
        held.append(route) if is_removal and not held else route.continue_()

    page.route("**/transactions/new*", hold)
    page.get_by_role("button", name="Remove Tags 1").click()
    return held


def test_what_is_chosen_while_a_row_is_taken_away_brings_its_fields(visitor: Visitor) -> None:
    page, held = visitor.page, removal_under_way(visitor.page)
    page.get_by_label("US").check()
    with page.expect_response(lambda answer: answer.request == held[0].request):
        held[0].continue_()
    expect(page.get_by_label("Tags 2")).to_have_count(0)
    expect(page.get_by_label("State", exact=True)).to_be_visible()
    assert not visitor.complaints


def test_what_is_pressed_while_a_row_is_taken_away_is_done_after_it(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("Cash", exact=True).check()
    held = removal_under_way(page)
    page.get_by_role("button", name="Remove Tags 1").click()  # of the row that goes anyway
    page.get_by_role("button", name="Add to Tags").click()
    page.get_by_role("button", name="Remove Tags 2").click()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_timeout(200)
    assert (len(held), Transaction.objects.count()) == (1, 0)
    held[0].continue_()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert submitted() == {"payment": {"method": "cash"}, "tags": ["new"]}
    assert not visitor.complaints


@pytest.mark.parametrize("failure", ["refused", "gone", "unanswered"])
def test_what_waits_for_a_removal_that_fails_is_not_done_and_that_is_said(visitor: Visitor, failure: str) -> None:
    page = visitor.page
    page.get_by_label("Cash", exact=True).check()
    fill_tags(page)
    removal, submit = page.get_by_role("button", name="Remove Tags 1"), page.get_by_role("button", name="Submit")
    removal.evaluate(
        """one => one.setAttribute("hx-request", one.getAttribute("hx-request").replace("15000", "900"))"""
    )
    held: list[Route] = []
    page.route(
        "**/transactions/new*",
        lambda route: held.append(route) if "=remove" in (route.request.post_data or "") else route.continue_(),
    )
    removal.click()
    submit.click()
    expect(removal.and_(page.locator("[aria-busy]"))).to_be_visible()
    expect(submit.and_(page.locator("[aria-busy]"))).to_be_visible()
    if failure == "refused":
        held[0].fulfill(status=503)
    if failure == "gone":
        held[0].abort()
    notice = page.get_by_role("alert").filter(has_text="“Remove Tags 1” could not be done")
    expect(notice).to_contain_text("answered 503" if failure == "refused" else "did not answer")
    expect(notice).to_be_in_viewport()
    assert Axe().run(page).violations_count == 0
    expect(page.locator("[aria-busy]")).to_have_count(0)
    assert not Transaction.objects.exists()
    page.unroute_all()
    page.get_by_role("button", name="Remove Tags 1").click()
    expect(notice).to_have_count(0)
    submit.click()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert submitted() == {"payment": {"method": "cash"}, "tags": ["c"]}


@pytest.mark.parametrize("before", ["Which branch?", "Write it as JSON", "Save as preset…"])
def test_a_submission_is_what_is_done_whatever_was_pressed_before_it(visitor: Visitor, before: str) -> None:
    page = visitor.page
    page.get_by_label("Cash", exact=True).check()
    held = removal_under_way(page)
    page.get_by_role("button", name=before).click()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("button", name="Add to Tags").click()
    page.wait_for_timeout(200)
    held[0].continue_()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert submitted() == {"payment": {"method": "cash"}, "tags": ["c"]}
    assert not visitor.complaints


def test_a_prediction_of_an_earlier_input_says_so(visitor: Visitor) -> None:
    page = visitor.page
    page.route("**/transactions/predict*", lambda route: route.fulfill(status=503))
    page.get_by_label("Transaction type").fill("PURCHASE")
    notice = page.get_by_text("This is of an earlier input.")
    expect(notice).to_be_visible()
    page.unroute_all()
    page.get_by_label("Transaction type").fill("REFUND")
    expect(notice).to_have_count(0)


def test_what_is_written_outlasts_the_session_and_is_sent_by_the_next(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("Cash", exact=True).check()
    other = page.context.new_page()
    other.goto(visitor.base + "/")
    other.get_by_role("banner").get_by_text("olga", exact=True).click()
    other.get_by_role("button", name="Sign out").click()
    page.get_by_label("Transaction type").fill("PURCHASE")
    notice = page.get_by_role("alert").filter(has_text="Sign in in another tab")
    expect(notice).to_be_in_viewport()
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Add to Tags").click()
    expect(page.get_by_text("“Add to Tags” could not be done.")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(notice).to_be_focused()
    with page.context.expect_page() as tab:
        notice.get_by_role("link").click()
    tab.value.get_by_label("Name").fill("olga")
    tab.value.get_by_label("Password").fill(PASSWORD)
    tab.value.get_by_role("button", name="Sign in").click()
    expect(tab.value.get_by_role("heading", name="Overview")).to_be_visible()
    page.bring_to_front()
    page.get_by_label("Transaction type").fill("REFUND")
    expect(notice).to_have_count(0)
    page.get_by_role("button", name="Submit").click()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert submitted() == {"TransactionType": "REFUND", "payment": {"method": "cash"}}


def test_every_press_on_add_is_a_row(visitor: Visitor) -> None:
    page, held = visitor.page, list[Route]()
    page.route("**/transactions/new*", lambda route: route.continue_() if held else held.append(route))
    for _ in range(3):
        page.get_by_role("button", name="Add to Tags").click()
        page.wait_for_timeout(50)
    with page.expect_response(lambda answer: answer.request == held[0].request):
        held[0].continue_()
    expect(page.get_by_label(re.compile(r"^Tags \d"))).to_have_count(3)
    assert not visitor.complaints


def test_what_is_typed_while_a_row_is_taken_away_goes_with_its_row(visitor: Visitor) -> None:
    page, held = visitor.page, removal_under_way(visitor.page)
    page.get_by_label("Tags 2").press("End")
    page.keyboard.type("ross")
    with page.expect_response(lambda answer: answer.request == held[0].request):
        held[0].continue_()
    expect(page.get_by_label("Tags 2")).to_have_count(0)
    expect(page.get_by_label("Tags 1")).to_be_focused()
    page.keyboard.type("!")
    expect(page.get_by_label("Tags 1")).to_have_value("cross!")
    assert not visitor.complaints
