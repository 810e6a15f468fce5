"""Charts: what is drawn, what is said beside it, what is said when there is nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import DeploymentFactory, FunctionDeploymentFactory, UserFactory
from workflows import charts
from workflows.models import Deployment, Environment, MetricSet

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST = int(BEGIN.timestamp())
ADDRESS = "/charts?function=ProcessPurchase&range=1h"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(UserFactory.create(role="viewer"))
    return client


@pytest.fixture
def deployed() -> Deployment:
    return FunctionDeploymentFactory.create(finished_at=BEGIN + timedelta(minutes=2))


def filled(environment: Environment, **changes: object) -> MetricSet:
    """Four minutes of a function, read just now; something was recorded in the first and the third."""
    known: dict[str, object] = {
        "kind": "function",
        "name": "ProcessPurchase",
        "range_s": 3600,
        "period_s": 60,
        "begin_at": BEGIN,
        "end_at": BEGIN + timedelta(minutes=4),
        "asked_at": timezone.now(),
        "read_at": timezone.now(),
        "series": {
            "Invocations.Sum": [[FIRST, 3], [FIRST + 120, 4]],
            "Errors.Sum": [[FIRST, 0], [FIRST + 120, 1]],
            "Duration.p50": [[FIRST, 12.5], [FIRST + 120, 30]],
        },
    }
    return MetricSet.objects.create(environment=environment, **(known | changes))


def test_a_quiet_period_counts_as_nothing_but_has_no_duration(deployed: Deployment) -> None:
    invocations, duration, *_ = charts.read(filled(deployed.environment))
    assert invocations.lines[0].values == [3, 0, 4, 0]
    assert duration.lines[0].values == [12.5, None, 30, None]


def test_the_figures_beside_a_chart_say_what_it_shows(deployed: Deployment) -> None:
    invocations, duration, *_ = charts.read(filled(deployed.environment))
    line = invocations.lines[0]
    assert (line.total, line.highest) == (7, 4)
    assert (duration.lines[0].total, duration.lines[0].highest) == (None, 30)
    assert [row.values for row in invocations.rows] == [[4, 1], [3, 0]]


def test_the_latest_of_every_line_is_of_the_last_period_also_where_that_had_nothing(
    viewer: Client, deployed: Deployment
) -> None:
    invocations, duration, *_ = charts.read(filled(deployed.environment))
    assert [line.latest for line in (*invocations.lines, *duration.lines)] == [0, 0, None, None, None]
    page = text(viewer.get(ADDRESS, headers=HTMX))
    assert page.count(">Last minute</th>") == 2
    assert '<td class="number">—</td>' in page


def test_deployments_in_the_range_are_marked_and_others_not(deployed: Deployment) -> None:
    Deployment.objects.filter(pk=deployed.pk).update(is_live=False)
    revision = deployed.function_revision
    before = {"function_revision": revision, "finished_at": BEGIN - timedelta(minutes=1), "is_live": False}
    FunctionDeploymentFactory.create(**before)
    FunctionDeploymentFactory.create(**before | {"finished_at": BEGIN, "status": "failed"})
    DeploymentFactory.create(finished_at=BEGIN)
    chart = charts.read(filled(deployed.environment))[0]
    assert [(mark.at, mark.href) for mark in chart.marks] == [(deployed.finished_at, f"/deployments/{deployed.pk}")]
    assert chart.data["marks"][0]["at"] == FIRST + 120


def test_nothing_recorded_is_said(viewer: Client, deployed: Deployment) -> None:
    filled(deployed.environment, series={})
    page = text(viewer.get(ADDRESS, headers=HTMX))
    assert page.count("Nothing was invoked in the last 1 hour.") == 1
    assert "data-chart" not in page


def test_where_nothing_is_deployed_nothing_is_claimed_to_be_read(viewer: Client, deployed: Deployment) -> None:
    filled(deployed.environment, kind="environment", name="", series={})
    assert "CloudWatch, read" in text(viewer.get("/charts?range=1h", headers=HTMX))
    Deployment.objects.update(is_live=False)
    page = text(viewer.get("/charts?range=1h", headers=HTMX))
    assert "so there is nothing to read" in page
    assert "CloudWatch, read" not in page and "Nothing was invoked" not in page


def test_the_first_look_says_a_worker_is_reading_and_asks_again_soon(viewer: Client, deployed: Deployment) -> None:
    page = text(viewer.get(ADDRESS, headers=HTMX))
    assert "A worker is reading CloudWatch." in page
    assert 'data-live-every="0.5"' in page
    assert MetricSet.objects.get().next_read_at is not None


def test_what_the_page_has_already_is_not_sent_again(viewer: Client, deployed: Deployment) -> None:
    row = filled(deployed.environment)
    answer = viewer.get(f"{ADDRESS}&version={charts.version(row)}", headers=HTMX)
    assert answer.status_code == 204


def test_why_aws_could_not_be_read_is_said_above_the_last_series(viewer: Client, deployed: Deployment) -> None:
    filled(deployed.environment, problem="AccessDenied: cloudwatch:GetMetricData")
    page = text(viewer.get(ADDRESS, headers=HTMX))
    assert "AccessDenied: cloudwatch:GetMetricData" in page
    assert 'data-chart="chart-0"' in page


def test_range_and_period_are_chosen_in_the_address_of_the_page(viewer: Client, deployed: Deployment) -> None:
    page = "http://testserver/functions/ProcessPurchase?revision=1&range=1h"
    answer = text(viewer.get(ADDRESS, headers=HTMX | {"HX-Current-URL": page}))
    assert 'href="?revision=1&amp;range=7d#charts"' in answer
    assert 'href="?revision=1&amp;range=1h&amp;period=300#charts"' in answer


@pytest.mark.parametrize("query", ["range=9y", "range=24h&period=7", "period=300"])
def test_a_range_or_period_there_is_not_becomes_the_usual(viewer: Client, deployed: Deployment, query: str) -> None:
    viewer.get(f"/charts?function=ProcessPurchase&{query}")
    assert MetricSet.objects.values_list("range_s", "period_s").get() == (86400, 300)


def test_charts_of_what_is_not_there_are_not_found(viewer: Client, deployed: Deployment) -> None:
    assert viewer.get("/charts?function=Nowhere").status_code == 404
    assert MetricSet.objects.count() == 0


def test_without_a_script_the_charts_are_a_page(viewer: Client, deployed: Deployment) -> None:
    filled(deployed.environment)
    assert "<h1>Metrics of ProcessPurchase</h1>" in text(viewer.get(ADDRESS))


def test_a_warm_look_writes_nothing_and_takes_few_queries(
    viewer: Client, deployed: Deployment, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    filled(deployed.environment)
    with django_assert_max_num_queries(8):
        viewer.get(ADDRESS, headers=HTMX)


def test_what_is_not_live_shows_no_charts(viewer: Client) -> None:
    workflow = DeploymentFactory.create(is_live=False).workflow
    function = FunctionDeploymentFactory.create(is_live=False).function
    for address in (f"/workflows/{workflow}", f"/functions/{function}"):
        assert 'hx-get="/charts' not in text(viewer.get(address))


def test_what_nobody_looked_at_for_a_while_says_that_it_is_being_read_again(
    viewer: Client, deployed: Deployment
) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    filled(deployed.environment, asked_at=long_ago, read_at=long_ago)
    assert "being read again" in text(viewer.get(ADDRESS, headers=HTMX))
    MetricSet.objects.update(asked_at=timezone.now(), read_at=timezone.now(), next_read_at=None)
    assert "being read again" not in text(viewer.get(ADDRESS, headers=HTMX))


def test_the_pages_of_workflows_and_functions_ask_for_their_charts(viewer: Client, deployed: Deployment) -> None:
    workflow = DeploymentFactory.create().workflow
    assert 'hx-get="/charts?function=ProcessPurchase' in text(viewer.get("/functions/ProcessPurchase"))
    assert f'hx-get="/charts?workflow={workflow}' in text(viewer.get(f"/workflows/{workflow}"))
