"""Metric series as the embedded AWS recorded them."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures_aws import EmbeddedAws
from workflows.aws import cloudwatch
from workflows.aws.cloudwatch import Point, Query, Window
from workflows.jobs.targets import target_of
from workflows.models import Environment

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
NOON = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def space(embedded_aws: EmbeddedAws) -> str:
    """A namespace of the test's own, in which 1, 2 and 4 were counted in two of three minutes."""
    name = f"Test{secrets.token_hex(4)}"
    counted = [(0, 1.0), (30, 2.0), (120, 4.0)]
    data = [
        {
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
            "Timestamp": NOON + timedelta(seconds=seconds),
            "Value": value,
        }
        for seconds, value in counted
    ]
    embedded_aws.client("cloudwatch").put_metric_data(Namespace=name, MetricData=data)
    return name


def ask(environment: Environment, space: str, statistic: str, value: str = "f") -> list[Point]:
    query = Query("q0", space, "Invocations", "FunctionName", value, statistic)
    window = Window(NOON, NOON + timedelta(minutes=3), 60)
    return cloudwatch.metric_data(target_of(environment), [query], window)["q0"]


def test_points_come_oldest_first_and_a_quiet_minute_has_none(environment: Environment, space: str) -> None:
    begin = int(NOON.timestamp())
    assert ask(environment, space, "Sum") == [Point(begin, 3.0), Point(begin + 120, 4.0)]


def test_a_percentile_is_read_like_any_statistic(environment: Environment, space: str) -> None:
    assert [point.value for point in ask(environment, space, "p50")][-1] == 4.0


def test_what_was_never_counted_is_an_empty_series(environment: Environment, space: str) -> None:
    assert ask(environment, space, "Sum", value="nobody") == []
