"""CloudWatch: metric series as they were recorded. No metric math: what is drawn is what AWS counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.aws.clients import Target, calling, client

MOST_QUERIES = 500  # AWS takes no more in one call
MOST_PAGES = 10


@dataclass(frozen=True, slots=True)
class Query:
    """One statistic of one metric; `id` begins with a lower-case letter, as AWS wants it."""

    id: str
    namespace: str
    metric: str
    dimension: str
    value: str
    statistic: str


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, and how many seconds a point stands for; `begin` and `end` are multiples of the period."""

    begin: datetime
    end: datetime
    period_s: int


@dataclass(frozen=True, slots=True)
class Point:
    """The statistic over the period that begins at `at`, in seconds since 1970."""

    at: int
    value: float


def metric_data(target: Target, queries: Sequence[Query], window: Window) -> dict[str, list[Point]]:
    """The points of every query by its id, oldest first: one call, unless AWS splits a long answer into pages.

    A period in which nothing was recorded has no point.
    """
    found: dict[str, list[Point]] = {query.id: [] for query in queries}
    asked: dict[str, Any] = {
        "MetricDataQueries": [_asked(query, window.period_s) for query in queries[:MOST_QUERIES]],
        "StartTime": window.begin,
        "EndTime": window.end,
        "ScanBy": "TimestampAscending",
    }
    call = client(target, "cloudwatch").get_metric_data
    for _ in range(MOST_PAGES):
        with calling("cloudwatch:GetMetricData"):
            answer = call(**asked)
        for result in answer["MetricDataResults"]:
            found[result["Id"]] += _points(result)
        if not answer.get("NextToken"):
            break
        asked["NextToken"] = answer["NextToken"]
    return {name: sorted(points, key=lambda point: point.at) for name, points in found.items()}


def _asked(query: Query, period_s: int) -> dict[str, Any]:
    metric = {
        "Namespace": query.namespace,
        "MetricName": query.metric,
        "Dimensions": [{"Name": query.dimension, "Value": query.value}],
    }
    return {"Id": query.id, "MetricStat": {"Metric": metric, "Period": period_s, "Stat": query.statistic}}


def _points(result: dict[str, Any]) -> list[Point]:
    pairs = zip(result["Timestamps"], result["Values"], strict=True)
    return [Point(int(at.timestamp()), float(value)) for at, value in pairs]
