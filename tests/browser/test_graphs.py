"""Graphs in a browser: they open where it matters, and stay where somebody has moved them."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.factories import (
    DeploymentFactory,
    FunctionRevisionFactory,
    TransactionFactory,
    UserFactory,
    VisitFactory,
    WorkflowRevisionFactory,
)
from transactions.models import Execution, Transaction
from workflows.models import User

pytestmark = pytest.mark.browser
AT = datetime(2026, 11, 24, 2, 5, 6, tzinfo=UTC)


def person() -> User:
    return UserFactory.create(username="olga", role="admin", is_staff=True)


def in_a_long_workflow(user: User, **values: Any) -> Transaction:
    """One of a workflow whose graph is higher than any screen."""
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(40)} | {"S40": {"Type": "Fail"}}
    revision = WorkflowRevisionFactory.create(definition=json.dumps({"StartAt": "S0", "States": states}))
    row = TransactionFactory.create(
        deployment=DeploymentFactory.create(workflow_revision=revision), created_by=user, **values
    )
    Execution.objects.filter(pk=row.pk).update(arn="arn", read_at=AT)
    return row


@pytest.mark.parametrize("moved", [pytest.param(False, marks=pytest.mark.long), True])
def test_a_graph_follows_a_running_transaction_unless_the_viewer_scrolled_it(visits: Visits, moved: bool) -> None:
    user = person()
    row = in_a_long_workflow(user, status="running")
    VisitFactory.create(execution=row.execution, state="S10", next="S30")
    visitor = visits()
    visitor.sign_in(user)
    page = visitor.go(f"/transactions/{row.pk}")
    before = page.evaluate("document.querySelector('.graph-scroll').scrollTop")
    if moved:
        before = page.evaluate("document.querySelector('.graph-scroll').scrollTop = 100")
    VisitFactory.create(execution=row.execution, state="S30", status="running")
    Transaction.objects.filter(pk=row.pk).update(version=2)
    expect(page.locator("a:has(> [data-look='0'])")).to_have_attribute("aria-label", re.compile("^S30,"))
    after = page.evaluate("document.querySelector('.graph-scroll').scrollTop")
    assert after == before if moved else after > before


@pytest.mark.parametrize("phone", [pytest.param(False, marks=pytest.mark.long), True])
def test_a_large_graph_opens_at_the_state_that_failed(visits: Visits, phone: bool) -> None:
    user = person()
    row = in_a_long_workflow(user, status="failed", error="E1")
    VisitFactory.create(execution=row.execution, state="S38", next="S39")
    VisitFactory.create(execution=row.execution, state="S39", status="failed", error="E1")
    visitor = visits(phone=phone)
    visitor.sign_in(user)
    page = visitor.go(f"/transactions/{row.pk}")
    scroller, failed = page.locator(".graph-scroll"), page.locator("[data-look='0']")
    expect(failed).to_have_attribute("class", re.compile("graph-node-failed"))
    around, inside = scroller.bounding_box(), failed.bounding_box()
    assert around
    assert inside
    assert around["y"] <= inside["y"] <= around["y"] + around["height"] - inside["height"]
    assert around["x"] <= inside["x"] <= around["x"] + around["width"] - inside["width"]
    rail, window = page.locator(".rail").bounding_box(), page.viewport_size
    assert rail
    assert window
    assert inside["y"] + inside["height"] <= (rail["y"] if phone else window["height"])
    page.click("[data-larger]")
    expect(page.locator(".graph:fullscreen [data-larger]")).to_have_text("Leave full screen")
    assert visitor.complaints == []


def test_a_choice_and_the_far_branch_it_took_are_seen_together(visits: Visits) -> None:
    user = person()
    rules = [{"Variable": "$.n", "NumericEquals": n, "Next": f"Branch{n}"} for n in range(7)]
    states = {f"Branch{n}": {"Type": "Succeed"} for n in range(7)} | {"Sort": {"Type": "Choice", "Choices": rules}}
    revision = WorkflowRevisionFactory.create(definition=json.dumps({"StartAt": "Sort", "States": states}))
    row = TransactionFactory.create(
        deployment=DeploymentFactory.create(workflow_revision=revision), created_by=user, status="succeeded"
    )
    Execution.objects.filter(pk=row.pk).update(arn="arn", read_at=AT)
    VisitFactory.create(execution=row.execution, state="Sort", type="Choice", next="Branch6")
    VisitFactory.create(execution=row.execution, state="Branch6", type="Succeed")
    visitor = visits()
    visitor.sign_in(user)
    page = visitor.go(f"/transactions/{row.pk}")
    around = page.locator(".graph-scroll").bounding_box()
    assert around
    beyond = "(one => one.scrollWidth - one.clientWidth)(document.querySelector('.graph-scroll'))"
    assert page.evaluate(beyond) > 100
    for state in ("Sort", "Branch6"):
        inside = page.locator(f"g.graph-node:has(> title:text('{state}'))").first.bounding_box()
        assert inside
        assert around["x"] - 2 <= inside["x"] <= around["x"] + around["width"] - inside["width"] + 2, state
    page.click("[data-zoom=fit]")
    assert page.evaluate(beyond) == 0


@pytest.mark.parametrize("phone", [pytest.param(False, marks=pytest.mark.long), True])
def test_the_map_is_not_cut_and_can_be_seen_whole(visits: Visits, phone: bool) -> None:
    DeploymentFactory.create()
    for number in range(12):
        calls = [{"actions": ["lambda:InvokeFunction"], "resources": [f"${{Step{number + 1}}}"]}]
        FunctionRevisionFactory.create(function__name=f"Step{number}", permissions=calls if number < 11 else [])
    visitor = visits(phone=phone)
    visitor.sign_in(person())
    page = visitor.go("/functions/map/")
    sizes = "(() => { const one = document.querySelector('.graph-scroll');"
    sizes += " return [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight] })()"
    right, below = page.evaluate(sizes)
    assert right > 100, "wider than the page: it scrolls"
    assert below == 0
    page.click("[data-zoom=fit]")
    assert page.evaluate(sizes) == [0, 0]
    whole = page.locator(".graph-picture").bounding_box()
    page.click("[data-zoom='1.25']")
    larger = page.locator(".graph-picture").bounding_box()
    assert whole and larger
    assert larger["width"] == pytest.approx(whole["width"] * 1.25, rel=0.02)
    assert visitor.complaints == []
