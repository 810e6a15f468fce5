"""Every page in a browser: a silent console, nothing a screen reader stumbles over, and no page too wide."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Visitor, Visits
from tests.factories import (
    DEFINITION,
    BusinessKeyFactory,
    ChoiceResultFactory,
    DeploymentFactory,
    DeploymentStepFactory,
    DriftFactory,
    EnvironmentFactory,
    EventFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    ImportFactory,
    TransactionFactory,
    TriggerFactory,
    UserFactory,
    VisitFactory,
    WorkflowRevisionFactory,
    rules,
)
from transactions.models import Execution, LogReading, Transaction
from workflows import selectors, triggers
from workflows.models import Environment, LogSearch, Survey, User
from workflows.services import activity

pytestmark = pytest.mark.browser
AT = datetime(2026, 11, 24, 2, 5, 6, tzinfo=UTC)


# What of a table is beyond the edge of its card.
CUT_OFF = """() => [...document.querySelectorAll(".table-responsive")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent.trim().slice(0, 60))"""


def person() -> User:
    return UserFactory.create(username="olga", role="admin", is_staff=True)


def ran(user: User) -> Transaction:
    """One that succeeded, with all that can be told of one."""
    deployment = DeploymentFactory.create(requested_by=user)
    deployment.policy = selectors.planned_policy(deployment.revision, deployment.environment)
    deployment.save()
    DeploymentStepFactory.create(deployment=deployment, detail="made")
    FunctionDeploymentFactory.create(requested_by=user)
    row = TransactionFactory.create(
        deployment=deployment,
        created_by=user,
        status="succeeded",
        reference="order-1",
        output='{"status": "charged"}',
        created_at=AT,
        started_at=AT,
        finished_at=AT,
    )
    Execution.objects.filter(pk=row.pk).update(arn="arn:aws:states:x", read_at=AT, events_read=1)
    ChoiceResultFactory.create(execution=row.execution, at=AT)
    VisitFactory.create(execution=row.execution, entered_at=AT)
    EventFactory.create(execution=row.execution, at=AT)
    BusinessKeyFactory.create(transaction=row)
    activity.record("transaction.submit", row, by=user, after={"a": 1})
    return row


def troubled(user: User, like: Transaction) -> Transaction:
    """One with everything that can go wrong."""
    row = TransactionFactory.create(
        deployment=like.deployment,
        created_by=user,
        status="failed",
        error="PaymentDeclined",
        cause="card expired",
        stuck_since=AT,
        waiting_since=AT,
        waiting_for="Could not connect",
    )
    Execution.objects.filter(pk=row.pk).update(arn="arn", problem="AWS said no", read_at=AT)
    ChoiceResultFactory.create(
        execution=row.execution, agrees=False, rule=None, next="ProcessRefund", rules=rules("OTHER")
    )
    for number in range(4):  # so many that the others are folded
        ChoiceResultFactory.create(execution=row.execution, state=f"C{number}", rules=rules("PURCHASE")[:1])
    VisitFactory.create(execution=row.execution, status="failed", error="PaymentDeclined", attempts=[{}, {}])
    return row


def look(visitor: Visitor, path: str) -> None:
    """Open the page; it must be well made."""
    page = visitor.go(path)
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert not found.response["violations"], f"{path}: {found.generate_report()}"
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{path} scrolls sideways"
    assert not visitor.complaints, f"{path}: {visitor.complaints}"


@pytest.mark.parametrize(
    ("phone", "dark"),
    [pytest.param(False, False, id="wide light", marks=pytest.mark.long), pytest.param(True, True, id="phone dark")],
)
def test_every_page_is_well_made(visits: Visits, phone: bool, dark: bool) -> None:
    user = person()
    row = ran(user)
    bad = troubled(user, row)
    line = {"at": AT.isoformat(), "function": "signalbox-ProcessPurchase", "is_exact": False, "text": "PAID " * 90}
    LogReading.objects.create(execution=row.execution, lines=[line], asked_at=AT, read_at=AT)
    BusinessKeyFactory.create(transaction=bad, name="amount", text="4" * 40)
    DriftFactory.create(deployment=row.deployment)
    WorkflowRevisionFactory.create(
        workflow__name="broken",
        problems=[{"severity": level, "message": "So it is.", "path": "/"} for level in ("error", "warning", "info")],
    )
    Environment.objects.update(title="Production EU with a rather long name", is_production=True)
    visitor = visits(phone=phone, dark=dark)
    look(visitor, "/login")
    visitor.sign_in(user)
    if phone:
        page = visitor.go("/transactions/")
        expect(page.get_by_label("Status")).to_be_hidden()
        page.get_by_role("button", name="Filters").click()
        expect(page.get_by_label("Status")).to_be_visible()
        expect(page.get_by_label("Find a transaction")).to_be_in_viewport()
        expect(page.locator("summary.user")).to_be_in_viewport(ratio=1)
    for path in (
        "/",
        "/transactions/",
        "/transactions/?status=aborted",
        "/transactions/?workflow=transaction-processor&status=failed",
        "/transactions/new",
        "/transactions/new?workflow=transaction-processor",
        f"/transactions/{row.pk}",
        f"/transactions/{bad.pk}",
        f"/transactions/{row.pk}/logs",
        f"/transactions/{row.pk}/again",
        "/workflows/",
        "/workflows/transaction-processor",
        "/workflows/broken",
        "/functions/",
        "/functions/ProcessPurchase",
        f"/deployments/{row.deployment_id}",
        "/drift/",
        "/activity/",
    ):
        look(visitor, path)
        hidden = visitor.page.evaluate(CUT_OFF) if "transactions/" in path else []
        assert not hidden, f"{path} cuts off {hidden}"


@pytest.mark.parametrize(
    "dark", [pytest.param(False, id="light", marks=pytest.mark.long), pytest.param(True, id="dark")]
)
def test_the_overview_with_a_flow_is_well_made(visits: Visits, dark: bool) -> None:
    user = person()
    row = TransactionFactory.create(created_by=user, status="succeeded", finished_at=timezone.now())
    ChoiceResultFactory.create(execution=row.execution)
    visitor = visits(dark=dark)
    visitor.sign_in(user)
    look(visitor, "/")
    stream = visitor.page.get_by_role("link", name="ProcessPurchase → Succeeded: 1")
    stream.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("h1")).to_contain_text("Transactions")


@pytest.mark.long
def test_empty_pages_are_well_made_too(visits: Visits) -> None:
    visitor = visits()
    visitor.sign_in(person())
    for path in (
        "/",
        "/transactions/",
        "/transactions/new",
        "/workflows/",
        "/functions/",
        "/drift/",
        "/import/",
        "/activity/",
    ):
        look(visitor, path)


@pytest.mark.long  # its list is among all the pages above
@pytest.mark.parametrize("phone", [pytest.param(False, id="wide"), pytest.param(True, id="phone")])
def test_what_differs_in_aws_is_told_well(visits: Visits, phone: bool) -> None:
    user = person()
    function = FunctionDeploymentFactory.create()
    DriftFactory.create(deployment=function)
    long = {"deployed": '{\n  "a": 1\n}', "live": '{\n  "a": 2\n}', "is_secret": False, "since": AT.isoformat()}
    row = {"field": "Definition", "is_acceptable": True} | long
    DriftFactory.create(deployment=DeploymentFactory.create(), differences=[row])
    visitor = visits(phone=phone)
    visitor.sign_in(user)
    for path in ("/drift/", "/functions/ProcessPurchase", "/workflows/transaction-processor"):
        look(visitor, path)
    visitor.go("/functions/ProcessPurchase").fill("#id_accept_note", "more memory")
    visitor.page.click("#drift button:has-text('Accept')")
    expect(visitor.page.locator("#drift")).to_contain_text("olga accepts what is in AWS")


@pytest.mark.long
def test_a_trigger_that_is_leaving_is_read_on_a_phone_and_one_is_removed_without_script(visits: Visits) -> None:
    user = person()
    kept = {"type": "http", "method": "GET", "path": "/a-rather-long-path/{orderId}/lines"}
    function = FunctionRevisionFactory.create(triggers=[kept | {"path": "/kept"}]).function
    where = FunctionDeploymentFactory.create(function_revision=function.revisions.get()).environment
    url = "https://api.example.org/a-rather-long-path/{orderId}/lines"
    TriggerFactory.create(environment=where, function=function, definition=kept, invoke_url=url)
    scripted = visits(phone=True)
    scripted.sign_in(user)
    look(scripted, f"/functions/ProcessPurchase/triggers/{triggers.read(kept | {'path': '/kept'}).id}/remove")
    visitor = visits(phone=True, script=False)
    visitor.sign_in(user)
    row = visitor.go("/functions/ProcessPurchase").locator("#triggers tr", has_text="Goes with the next deployment")
    source, badge = row.locator("th").bounding_box(), row.locator(".chip").bounding_box()
    assert source and badge
    assert badge["y"] >= source["y"] + source["height"] and source["width"] > 300
    visitor.page.get_by_role("link", name="Remove HTTP route GET /kept").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Remove HTTP route GET /kept?")
    visitor.page.get_by_role("button", name="Save only").click()
    expect(visitor.page.locator("#triggers")).not_to_contain_text("/kept")


def test_a_log_is_searched_and_waits_for_a_worker(visits: Visits) -> None:
    user = person()
    where, function = EnvironmentFactory.create(), FunctionRevisionFactory.create().function
    FunctionDeploymentFactory.create(function_revision=function.revisions.get())
    line = {"at": AT.isoformat(), "stream": "a", "text": "PAID " + "5" * 90, "request_id": "1" * 36}
    LogSearch.objects.create(environment=where, function=function, range_s=3600, read_at=AT, lines=[line])
    visitor = visits(phone=True)
    visitor.sign_in(user)
    look(visitor, "/functions/ProcessPurchase/log")
    expect(visitor.page.locator("#function-log")).to_contain_text("PAID 555")
    visitor.page.fill("#id_text", "nothing like it")
    visitor.page.get_by_role("button", name="Show").click()
    expect(visitor.page.locator("#function-log")).to_contain_text("A worker is reading CloudWatch")


def test_what_can_be_imported_is_told_well(visits: Visits) -> None:
    user = person()
    where = FunctionDeploymentFactory.create().environment
    arn = "arn:aws:lambda:us-east-1:123456789012:function:"
    entry = {"kind": "function", "what": "python3.12", "owner": ""}
    found = [
        entry | {"name": "signalbox-Orders", "arn": f"{arn}signalbox-Orders"},
        entry | {"name": "shop-cart-with-a-name-that-does-not-end", "arn": f"{arn}cart", "owner": "SAM (stack shop)"},
    ]
    Survey.objects.create(environment=where, found=found, read_at=AT)
    ImportFactory.create(status="failed", problem="It is not in AWS any more.", finished_at=AT)
    visitor = visits(phone=True)
    visitor.sign_in(user)
    look(visitor, "/import/")
    row = visitor.page.get_by_role("row", name="signalbox-Orders")
    row.get_by_label("Adopt it").check()
    row.get_by_role("button", name="Import").click()
    expect(visitor.page.locator("#import")).to_contain_text("Being read")


def test_what_a_file_would_do_is_told_well(visits: Visits, tmp_path: Path) -> None:
    visitor = visits(phone=True)
    visitor.sign_in(person())
    given = {"name": "given", "title": "Given", "definition": DEFINITION}
    file = tmp_path / "given.json"
    file.write_text(json.dumps({"signalbox": 1, "workflows": [given], "functions": []}))
    page = visitor.go("/import/")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_text("Workflow given", exact=True).first).to_be_visible()
    assert not Axe().run(page).response["violations"]
    page.get_by_role("button", name="Take all of it").click()
    expect(page.get_by_role("link", name="Workflow given")).to_be_visible()
    file.write_text("a: b")
    page = visitor.go("/import/")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_text("YAML is not read here")).to_be_visible()
    assert not Axe().run(page).response["violations"]


def test_a_form_with_errors_is_well_made(visits: Visits) -> None:
    user = person()
    ran(user)
    visitor = visits()
    visitor.sign_in(user)
    page = visitor.go("/transactions/new?workflow=transaction-processor")
    page.click("button[value=submit]")
    expect(page.get_by_text("Nothing was submitted yet.")).to_be_visible()
    assert not Axe().run(page).response["violations"]


def test_times_are_in_the_viewers_zone_and_keep_utc_in_the_title(visits: Visits) -> None:
    user = person()
    row = ran(user)
    visitor = visits()
    visitor.sign_in(user)
    accepted = visitor.go(f"/transactions/{row.pk}").locator("dt:has-text('Accepted') + dd time")
    expect(accepted).to_contain_text("03:05:06")
    expect(accepted).to_have_attribute("title", "2026-11-24 02:05:06.000 UTC")


def test_the_page_of_a_running_transaction_follows_it_without_being_loaded_again(visits: Visits) -> None:
    user = person()
    first = ran(user)
    row = TransactionFactory.create(deployment=first.deployment, created_by=user, status="running")
    visitor = visits()
    visitor.sign_in(user)
    page = visitor.go(f"/transactions/{row.pk}")
    page.evaluate("window.isTheSame = true")
    expect(page.locator("h1")).to_contain_text("Running")
    ChoiceResultFactory.create(execution=row.execution)
    Transaction.objects.filter(pk=row.pk).update(status="succeeded", version=2, finished_at=AT)
    expect(page.locator("h1")).to_contain_text("Succeeded")
    expect(page.locator(".rules .is-winner")).to_contain_text("ProcessPurchase")
    assert page.evaluate("window.isTheSame")
    assert not visitor.complaints


def test_everything_works_without_javascript(visits: Visits) -> None:
    user = person()
    ran(user)
    visitor = visits(script=False)
    visitor.sign_in(user)
    page = visitor.go("/transactions/new?workflow=transaction-processor")
    page.fill("[name='/TransactionType']", "PURCHASE")
    page.fill("[name='/CustomerId']", "c-1")
    page.fill("[name='/Amount']", "12.50")
    page.fill("[name=reference]", "by hand")
    page.click("button[value=submit]")
    expect(page.locator("h1")).to_contain_text("by hand")
    page.click("text=Stop")
    expect(page.locator("h1")).to_contain_text("Stopped")


def test_the_keyboard_is_enough(visits: Visits) -> None:
    user = person()
    row = ran(user)
    visitor = visits()
    visitor.sign_in(user)
    page = visitor.go("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator(".search input")).to_be_focused()
    page.keyboard.type(str(row.pk))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("order-1")


def test_an_example_is_put_into_its_field_by_a_click(visits: Visits) -> None:
    user = person()
    ran(user)
    visitor = visits()
    visitor.sign_in(user)
    page = visitor.go("/transactions/new?workflow=transaction-processor")
    page.click("button[value=REFUND]")
    expect(page.locator("[name='/TransactionType']")).to_have_value("REFUND")
