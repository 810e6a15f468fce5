"""A workflow written in the page: a problem shows beside its line, is mended, and the result is deployed."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.factories import DeploymentFactory, FunctionDeploymentFactory, FunctionRevisionFactory, UserFactory
from workflows import sources
from workflows.models import Deployment, FunctionRevision, WorkflowRevision
from workflows.sources import CodeFile

pytestmark = pytest.mark.browser


def mend(page: Page, label: str, was: str, becomes: str) -> None:
    """Change a few characters, as with the editor's own search."""
    page.locator(f".cm-content[aria-label='{label}']").click()
    page.keyboard.press("Control+f")
    page.get_by_placeholder("Find").fill(was)
    page.get_by_placeholder("Replace").fill(becomes)
    page.get_by_role("button", name="replace all").click()
    page.keyboard.press("Escape")


def test_a_definition_is_edited_mended_and_deployed(visits: Visits) -> None:
    DeploymentFactory.create(workflow_revision__number=1)
    for name in ("ProcessPurchase", "ProcessRefund"):
        FunctionDeploymentFactory.create(function_revision__function__name=name)
    visitor = visits()
    visitor.sign_in(UserFactory.create(role="developer"))
    page = visitor.go("/workflows/transaction-processor")
    page.get_by_text("Try an input").click()
    page.fill("[name=sample]", '{"TransactionType": "REFUND"')
    for _ in range(2):
        page.get_by_role("button", name="Which branch?").click()
        expect(page.locator("#tried")).to_contain_text("This is not JSON")
    page.fill("[name=sample]", '{"TransactionType": "REFUND"}')
    expect(page.locator("#tried")).to_contain_text("ProcessTransaction → ProcessRefund")
    expect(page.get_by_role("button", name="Which branch?")).to_be_enabled()
    assert not Axe().run(page).response["violations"]
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_text("AWS would refuse it")).to_be_hidden()

    mend(page, "Definition", '"Next": "ProcessRefund"', '"Next": "Nowhere"')
    expect(page.get_by_text("AWS would refuse it")).to_be_visible()
    problem = page.locator("[data-problem]").filter(has_text="Nowhere").first
    expect(page.locator(".cm-lint-marker-error").first).to_be_visible()
    problem.click()
    expect(page.locator(".cm-activeLine").filter(has_text="Nowhere")).to_be_visible()

    mend(page, "Definition", '"Next": "Nowhere"', '"Next" "Nowhere"')
    expect(page.locator("#trial")).to_contain_text("of the last text that could be read")
    expect(page.locator("#trial svg").first).to_be_visible()
    assert not Axe().run(page).response["violations"]
    mend(page, "Definition", '"Next" "Nowhere"', '"Next": "ProcessRefund"')
    expect(page.locator("#trial")).not_to_contain_text("of the last text")
    mend(page, "Definition", '"REFUND"', '"RETURN"')
    expect(page.get_by_text("AWS would refuse it")).to_be_hidden()
    page.fill("[name=sample]", '{"TransactionType": "RETURN"}')
    expect(page.get_by_text("It goes ProcessTransaction → ProcessRefund.")).to_be_visible()
    with page.expect_event("dialog") as asked:
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("link", name="Cancel").click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    page.fill("[name=note]", "Returns")
    page.get_by_role("button", name="Save as a new revision").click()

    expect(page.get_by_text("Saved as r2.")).to_be_visible()
    page.get_by_role("button", name="Deploy", exact=True).click()
    expect(page.get_by_role("heading", name="Deployment of r2")).to_be_visible()
    assert '"RETURN"' in WorkflowRevision.objects.get(number=2).definition
    assert Deployment.objects.filter(workflow_revision__number=2, status="requested").exists()
    assert not visitor.complaints


@pytest.mark.parametrize(
    ("phone", "dark"),
    [pytest.param(False, False, id="wide light", marks=pytest.mark.long), pytest.param(True, True, id="phone dark")],
)
def test_the_editors_are_well_made(visits: Visits, phone: bool, dark: bool) -> None:
    package = sources.pack([CodeFile("handler.py", b"def handler(event, context): ...\n"), CodeFile("a.bin", b"\0")])
    FunctionRevisionFactory.create(package=package.content, number=1)
    FunctionRevisionFactory.create(memory_mb=512, number=2)
    DeploymentFactory.create(workflow_revision__number=1)
    visitor = visits(phone=phone, dark=dark)
    visitor.sign_in(UserFactory.create(role="developer"))
    for path in (
        "/workflows/new/",
        "/workflows/transaction-processor/edit",
        "/functions/new/",
        "/functions/ProcessPurchase/edit?revision=1",
        "/functions/ProcessPurchase/compare?from=1&to=2",
    ):
        page = visitor.go(path)
        if "compare" not in path:
            expect(page.locator(".cm-editor").first).to_be_visible()
        if path.startswith("/functions/ProcessPurchase/edit"):
            expect(page.locator(".cm-line span").get_by_text("def", exact=True)).to_be_visible()
            page.locator(".cm-content").first.click()
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.type("other = 1 / 2")  # over what is selected: the browser would carry its look along
            expect(page.locator(".cm-line").filter(has_text="other = 1 / 2")).to_be_visible()
            page.keyboard.type(" /")
            expect(page.locator(".cm-lint-marker-warning")).to_be_visible()
            expect(page.locator("[data-problem=id_file1]")).to_contain_text("Invalid syntax")
        found = Axe().run(page)
        assert not found.response["violations"], f"{path}: {found.response['violations']}"
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{path} scrolls sideways"
        assert not visitor.complaints, f"{path}: {visitor.complaints}"


@pytest.mark.long
def test_a_function_is_written_without_any_script(visits: Visits) -> None:
    visitor = visits(script=False)
    visitor.sign_in(UserFactory.create(role="developer"))
    page = visitor.go("/functions/new/")
    page.fill("[name=name]", "Charge")
    page.fill("#id_file1", "def handler(event, context):\n    return 2\n")
    page.get_by_role("button", name="Save as a new revision").click()
    expect(page.get_by_text("Saved as r1.")).to_be_visible()
    (file,) = sources.unpack(bytes(FunctionRevision.objects.get().package)) or []
    assert file.content == b"def handler(event, context):\n    return 2\n"


def test_another_runtime_begins_with_other_code_until_something_is_typed(visits: Visits) -> None:
    visitor = visits()
    visitor.sign_in(UserFactory.create(username="dora", role="developer"))
    page = visitor.go("/functions/new/")
    page.get_by_label("Name", exact=True).fill("Orders")
    page.get_by_label("Runtime").select_option("nodejs22.x")
    expect(page.get_by_label("File", exact=True)).to_have_value("index.mjs")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Orders")
    expect(page.locator(".cm-content").first).to_contain_text("export const handler")
    page.locator(".cm-content").first.press_sequentially("// mine ")
    page.get_by_label("Runtime").select_option("ruby3.4")
    page.wait_for_timeout(300)
    expect(page.get_by_label("File", exact=True)).to_have_value("index.mjs")
    expect(page.locator(".cm-content").first).to_contain_text("// mine")
    assert not visitor.complaints


@pytest.mark.parametrize(
    ("payload", "column"), [('{"a": ', 7), pytest.param('{"a": 1, b: 2}', 10, marks=pytest.mark.long)]
)
def test_a_payload_that_is_no_json_is_marked_at_the_place_that_is_told(
    visits: Visits, payload: str, column: int
) -> None:
    FunctionDeploymentFactory.create(function_revision__function__name="ProcessPurchase")
    visitor = visits()
    visitor.sign_in(UserFactory.create(role="developer"))
    page = visitor.go("/functions/ProcessPurchase/test")
    page.locator(".cm-content[aria-label='Payload']").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(payload)
    page.get_by_role("button", name="Invoke").click()
    expect(page.get_by_text(f"at line 1, column {column}.")).to_be_visible()
    before = """mark => {
        const range = document.createRange();
        range.setStart(mark.closest(".cm-line"), 0);
        range.setEndBefore(mark);
        return range.toString();
    }"""
    assert page.locator(".cm-lintPoint-error").evaluate(before) == payload[: column - 1]
