"""The form of a new transaction while its server is slow, fails, or has signed somebody out: nothing is lost."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visitor, Visits
from tests.browser.forms import fill_tags, opened, submitted
from tests.factories import PASSWORD, EnvironmentFactory, UserFactory
from transactions.models import Transaction

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(visits: Visits) -> Visitor:
    return opened(visits())


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


@pytest.mark.parametrize(
    "failure",
    [pytest.param("refused", marks=pytest.mark.long), pytest.param("gone", marks=pytest.mark.long), "unanswered"],
)
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


@pytest.mark.parametrize(
    "before",
    [
        "Which branch?",
        pytest.param("Write it as JSON", marks=pytest.mark.long),
        pytest.param("Save as preset…", marks=pytest.mark.long),
    ],
)
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


@pytest.mark.parametrize("how", ["pressed", "by itself"])
def test_fields_that_could_not_be_fetched_are_said_to_be_missing_and_come_later(visitor: Visitor, how: str) -> None:
    page = visitor.page
    page.route("**/transactions/new*", lambda route: route.fulfill(status=503))
    if how == "pressed":  # with a prediction they would come by themselves
        page.route("**/transactions/predict*", lambda route: route.abort())
    page.get_by_label("US").check()
    notice = page.get_by_role("alert").filter(has_text="The fields that apply now could not be fetched.")
    expect(notice).to_contain_text("The server answered 503.")
    assert Axe().run(page).violations_count == 0
    page.unroute("**/transactions/new*")
    if how == "pressed":
        notice.get_by_role("button", name="Try again").click()
    else:
        page.get_by_label("Transaction type").press_sequentially("P")
    expect(page.get_by_label("State", exact=True)).to_be_visible()
    expect(notice).to_have_count(0)


def test_a_prediction_of_an_earlier_input_says_so(visitor: Visitor) -> None:
    page = visitor.page
    page.route("**/transactions/predict*", lambda route: route.fulfill(status=503))
    page.get_by_label("Transaction type").fill("PURCHASE")
    notice = page.get_by_text("This is of an earlier input.")
    expect(notice).to_be_visible()
    page.unroute_all()
    page.get_by_label("Transaction type").fill("REFUND")
    expect(notice).to_have_count(0)


@pytest.mark.long  # its parts are tried one by one below
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


def test_what_somebody_began_to_write_is_not_sent_by_another(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("Cash", exact=True).check()
    own = page.context.cookies()
    visitor.sign_in(UserFactory.create(username="bert", role="viewer"))
    for _ in range(2):
        page.get_by_role("button", name="Submit").click()
        notice = page.get_by_role("alert").filter(has_text="By now bert is signed in here. olga began to write this")
        expect(notice).to_be_focused()
    assert Axe().run(page).violations_count == 0
    assert not Transaction.objects.exists()
    page.context.add_cookies(own)  # type: ignore[arg-type]
    page.get_by_role("button", name="Submit").click()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert Transaction.objects.get(created_by__username="olga")


@pytest.mark.parametrize(
    "missing",
    ["session", pytest.param("server", marks=pytest.mark.long), pytest.param("good server", marks=pytest.mark.long)],
)
def test_what_is_sent_without_a_session_or_a_server_stays_on_its_page(visitor: Visitor, missing: str) -> None:
    page = visitor.page
    page.get_by_label("Transaction type").fill("PURCHASE")
    page.get_by_label("Cash", exact=True).check()
    page.wait_for_load_state("networkidle")
    cookies = page.context.cookies()
    if missing == "session":
        page.context.clear_cookies()
    else:
        page.route("**/who", lambda route: route.abort() if missing == "server" else route.fulfill(status=502))
    page.get_by_role("button", name="Submit").click()
    said = "You are signed out." if missing == "session" else "The server cannot be reached"
    notice = page.get_by_role("alert").filter(has_text=said)
    expect(notice).to_be_focused()
    assert Axe().run(page).violations_count == 0
    assert not Transaction.objects.exists()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.unroute_all()
    page.get_by_role("button", name="Submit").dblclick()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    assert submitted() == {"TransactionType": "PURCHASE", "payment": {"method": "cash"}}


def test_back_leads_to_what_was_sent_whatever_environment_another_tab_has_chosen(visitor: Visitor) -> None:
    page = visitor.page
    EnvironmentFactory.create(slug="production", title="Production")
    page.reload()
    page.get_by_label("Cash", exact=True).check()
    page.get_by_role("button", name="Submit").click()
    expect(page).to_have_url(re.compile(r"/transactions/[0-9a-f-]{36}"))
    other = page.context.new_page()
    other.goto(visitor.base + "/")
    other.locator(".environment-title").click()
    other.get_by_role("button", name="Production").click()
    page.go_back()
    page.reload()
    expect(page.get_by_text("This was sent already, as")).to_be_visible()


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
