"""Metric series are read by workers, once for everybody, and say what AWS says."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from botocore.client import BaseClient

from tests.factories import DeploymentFactory, FunctionDeploymentFactory, FunctionFactory, FunctionRevisionFactory
from tests.fixtures_aws import EmbeddedAws
from workflows import charts, panels
from workflows.aws import clients
from workflows.charts import Chart
from workflows.jobs import metrics as jobs
from workflows.models import Environment, MetricSet
from workflows.panels import Panel
from workflows.ranges import RANGES, Span
from workflows.services import metrics

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
HOUR = Span(RANGES[0], 60)
COUNTED = {"Invocations": (1.0, 1.0, 1.0), "Errors": (0.0, 1.0, 0.0), "Throttles": (0.0, 0.0, 2.0)}
TIMED = {"Duration": (12.0, 480.0, 31.0), "ConcurrentExecutions": (1.0, 3.0, 2.0)}
STARTED = {"ExecutionsStarted": (1.0, 1.0), "ExecutionsSucceeded": (1.0,), "ExecutionsFailed": (1.0,)}
EXECUTED = {"ExecutionTime": (900.0, 1500.0)}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations sent to AWS, as botocore sends them."""
    sent: list[str] = []
    send = BaseClient._make_api_call  # type: ignore[attr-defined]

    def count(self: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        sent.append(operation)
        return send(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", count)
    return sent


def record(
    aws: EmbeddedAws, namespace: str, dimension: str, value: str, series: Mapping[str, tuple[float, ...]]
) -> None:
    at = datetime.now(UTC) - timedelta(minutes=5)
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": dimension, "Value": value}],
            "Timestamp": at + timedelta(seconds=50 * n),
            "Value": point,
        }
        for name, points in series.items()
        for n, point in enumerate(points)
    ]
    aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


@pytest.fixture
def function(environment: Environment, embedded_aws: EmbeddedAws) -> str:
    """A deployed function with some invocations; its name."""
    name = f"F{secrets.token_hex(4)}"
    revision = FunctionRevisionFactory.create(function=FunctionFactory.create(name=name))
    deployment = FunctionDeploymentFactory.create(environment=environment, function_revision=revision)
    in_aws = deployment.resource_arn.split(":")[6]
    record(embedded_aws, "AWS/Lambda", "FunctionName", in_aws, COUNTED | TIMED)
    return name


@pytest.fixture
def workflow(environment: Environment, embedded_aws: EmbeddedAws) -> str:
    """A deployed workflow with two executions; its name."""
    arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{secrets.token_hex(4)}"
    deployment = DeploymentFactory.create(environment=environment, resource_arn=arn)
    record(embedded_aws, "AWS/States", "StateMachineArn", arn, STARTED | EXECUTED)
    return str(deployment.workflow)


def look(environment: Environment, kind: str, name: str = "") -> MetricSet:
    """What a viewer's page does, and the worker after it."""
    asked = metrics.ask(environment, kind, name, HOUR)
    jobs.drain()
    return MetricSet.objects.get(pk=asked.pk)


def agree(chart: Chart, said: list[list[float]]) -> None:
    """What a chart draws and tells in figures is what AWS says of the same time."""
    assert any(said), f"AWS recorded nothing for {chart.title}"
    for line, values in zip(chart.lines, said, strict=True):
        assert values, f"AWS recorded nothing for {line.label}"
        # A period without a point is drawn as 0 where things are counted; AWS gives none.
        assert [value for value in line.values if value] == [value for value in values if value]
        assert line.total == (sum(values) if chart.unit == "count" else None)
        assert line.highest == max(values)


def directly(aws: EmbeddedAws, panel: Panel, value: str, row: MetricSet) -> list[list[float]]:
    """The points of each line of a chart, asked of AWS by the test itself."""
    dimension = jobs.DIMENSIONS[panel.namespace]
    found = []
    for line in panel.lines:
        metric = {"Namespace": panel.namespace, "MetricName": line.metric}
        asked = {"Metric": metric | {"Dimensions": [{"Name": dimension, "Value": value}]}, "Stat": line.statistic}
        answer = aws.client("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "q", "MetricStat": asked | {"Period": row.period_s}}],
            StartTime=row.begin_at,
            EndTime=row.end_at,
            ScanBy="TimestampAscending",
        )
        found.append(answer["MetricDataResults"][0]["Values"])
    return found


def test_each_chart_of_a_function_adds_up_to_what_aws_says(
    environment: Environment, function: str, embedded_aws: EmbeddedAws
) -> None:
    row = look(environment, "function", function)
    for panel, chart in zip(panels.OF["function"], charts.read(row), strict=True):
        agree(chart, directly(embedded_aws, panel, f"signalbox-{function}", row))


def test_each_chart_of_a_workflow_adds_up_to_what_aws_says(
    environment: Environment, workflow: str, embedded_aws: EmbeddedAws
) -> None:
    row = look(environment, "workflow", workflow)
    arn = environment.deployments.get().resource_arn
    for panel, chart in zip(panels.OF["workflow"], charts.read(row), strict=True):
        agree(chart, directly(embedded_aws, panel, arn, row))


def test_the_overview_adds_up_what_is_live(environment: Environment, workflow: str, function: str) -> None:
    row = look(environment, "environment")
    totals = {key: sum(value for _, value in points) for key, points in row.series.items()}
    assert totals == {
        "ExecutionsStarted.Sum": 2,
        "ExecutionsSucceeded.Sum": 1,
        "ExecutionsFailed.Sum": 1,
        "Invocations.Sum": 3,
        "Errors.Sum": 1,
    }


def test_a_hundred_viewers_cost_one_call_a_minute(environment: Environment, function: str, calls: list[str]) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        look(environment, "function", function)
        assert calls == ["GetMetricData"]
        for _ in range(100):
            look(environment, "function", function)
            clock.shift(0.59)
        assert calls == ["GetMetricData"]
        clock.shift(1)
        look(environment, "function", function)
        assert calls == ["GetMetricData"] * 2


def test_nothing_is_read_while_nobody_looks(environment: Environment, function: str, calls: list[str]) -> None:
    look(environment, "function", function)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        assert jobs.drain() == 0
    assert calls == ["GetMetricData"]


def test_what_was_never_deployed_costs_no_call(environment: Environment, calls: list[str]) -> None:
    row = look(environment, "function", "Nowhere")
    assert calls == []
    assert row.read_at is not None


def test_when_aws_does_not_answer_the_last_series_stay(
    environment: Environment, function: str, embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look(environment, "function", function)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    clients.forget()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        after = look(environment, "function", function)
    assert after.series == before.series
    assert after.problem
    assert after.next_read_at is None
