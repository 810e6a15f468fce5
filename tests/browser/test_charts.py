"""Charts drawn in a real browser."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.factories import FunctionDeploymentFactory, UserFactory
from workflows.models import MetricSet
from workflows.ranges import bounds

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BLUE = """() => {
    const canvas = [...document.querySelectorAll(".uplot canvas")].at(-1);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
        if (data[at + 2] > data[at] + 40 && data[at + 3] > 99) found += 1;
    }
    return found;
}"""


@pytest.fixture
def counted() -> None:
    """A deployed function that was invoked in every minute of the last hour."""
    now = timezone.now()
    deployment = FunctionDeploymentFactory.create(finished_at=now - timedelta(minutes=20))
    begin, end = bounds(now, 3600, 60)
    times = range(int(begin.timestamp()), int(end.timestamp()), 60)
    MetricSet.objects.create(
        environment=deployment.environment,
        kind="function",
        name="ProcessPurchase",
        range_s=3600,
        period_s=60,
        begin_at=begin,
        end_at=end,
        asked_at=now,
        read_at=now,
        series={
            "Invocations.Sum": [[at, 2] for at in times],
            "Duration.p50": [[at, 120.5] for at in times],
            "ConcurrentExecutions.Maximum": [[times[30], 3]],
        },
    )


@pytest.mark.parametrize(
    "dark", [pytest.param(False, id="light", marks=pytest.mark.long), pytest.param(True, id="dark")]
)
def test_charts_are_drawn_and_their_cursors_move_together(visits: Visits, counted: None, dark: bool) -> None:
    visitor = visits(dark=dark)
    visitor.sign_in(UserFactory.create(role="viewer"))
    page = visitor.go("/functions/ProcessPurchase?range=1h")
    expect(page.locator(".uplot canvas")).to_have_count(3)
    for _ in range(30):  # drawn, and drawn again at another width, in the browser's own time
        if (dot := page.evaluate(BLUE)) > 5:
            break
        page.wait_for_timeout(100)
    assert dot > 5, "what stands alone is a dot"
    page.locator(".uplot .u-over").first.hover()
    width = page.locator(".uplot .u-over").first.evaluate("one => one.clientWidth")
    expect(page.locator(".uplot").nth(1).locator(".u-legend")).to_contain_text("120.5 ms")
    told = set[str]()
    for at in range(50, 80):  # in hundredths of the width; the deployment lies at two thirds
        page.locator(".uplot .u-over").first.hover(position={"x": width * at / 100, "y": 20})
        told.add(page.locator(".uplot .u-legend .u-value").first.inner_text())
    assert len([text for text in told if re.search(r" · r\d+$", text)]) == 1, told
    assert visitor.complaints == []


@pytest.mark.long
def test_without_a_script_the_figures_are_there(visits: Visits, counted: None) -> None:
    visitor = visits(script=False)
    visitor.sign_in(UserFactory.create(role="viewer"))
    page = visitor.go("/charts?function=ProcessPurchase&range=1h")
    expect(page.locator("figure").first).to_contain_text("120")
    expect(page.locator("[data-chart]").first).to_be_hidden()
