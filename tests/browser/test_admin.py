"""The admin in a browser: it works under the headers every page has, and its console stays silent."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE, Visits
from tests.browser.test_pages import person, ran
from workflows.models import Deployment

pytestmark = pytest.mark.browser


def test_its_pages_work_under_our_headers(visits: Visits) -> None:
    user = person()
    row = ran(user)
    visitor = visits()
    visitor.sign_in(user)
    for path in (
        "/admin/",
        "/admin/transactions/transaction/",
        f"/admin/transactions/transaction/{row.pk}/change/",
        f"/admin/workflows/user/{user.pk}/change/",
        "/admin/workflows/token/add/",
    ):
        visitor.go(path)
        assert not visitor.complaints, f"{path}: {visitor.complaints}"
    for path in (
        f"workflows/user/{user.pk}/change/",
        f"workflows/deployment/{row.deployment_id}/change/",
        "auth/group/add/",
        "workflows/token/add/",
    ):
        for size in (WIDE, PHONE):
            visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
            assert not Axe().run(visitor.go(f"/admin/{path}")).response["violations"], (path, size)
    visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page = visitor.go("/admin/transactions/transaction/?q=order")
    assert not Axe().run(page).response["violations"]
    definition = visitor.go(f"/admin/workflows/workflowrevision/{row.deployment.workflow_revision_id}/change/")
    kept = definition.locator(".field-definition .readonly")
    assert kept.evaluate("one => getComputedStyle(one).whiteSpace") == "pre-wrap", "it keeps its indentation"
    # Only its script makes two lists of one, and only its style sheet lays them out side by side.
    page = visitor.go(f"/admin/workflows/user/{user.pk}/change/")
    expect(page.locator(".selector-chosen")).to_contain_text("admin")


def test_a_workflow_is_deployed_by_an_action(visits: Visits) -> None:
    user = person()
    row = ran(user)
    visitor = visits()
    visitor.sign_in(user)
    page = visitor.go("/admin/workflows/workflow/")
    page.check("tr:has-text('transaction-processor') .action-select")
    page.select_option("select[name=action]", "deploy")
    page.click("button:has-text('Go')")
    expect(page.locator(".messagelist .success")).to_contain_text("transaction-processor r")
    assert Deployment.objects.filter(workflow=row.workflow, status="requested", requested_by=user).count() == 1
    assert not visitor.complaints
