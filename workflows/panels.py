"""Which CloudWatch metrics are drawn, in which chart and how. Says it; reads and draws nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workflows.models import MetricSet
from workflows.statuses import Tone

Namespace = Literal["AWS/Lambda", "AWS/States"]
Unit = Literal["count", "level", "ms"]  # counts can be added up, levels cannot


@dataclass(frozen=True, slots=True)
class Line:
    """One statistic of one metric."""

    label: str
    metric: str
    statistic: str
    tone: Tone

    @property
    def key(self) -> str:
        """What its points are stored under."""
        return f"{self.metric}.{self.statistic}"


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: lines of one namespace and one unit. `nothing` is what is said when nothing was recorded."""

    title: str
    namespace: Namespace
    unit: Unit
    lines: tuple[Line, ...]
    nothing: str


INVOCATIONS = Panel(
    "Invocations and errors",
    "AWS/Lambda",
    "count",
    (Line("Invocations", "Invocations", "Sum", "info"), Line("Errors", "Errors", "Sum", "danger")),
    "Nothing was invoked",
)
DURATION = Panel(
    "Duration",
    "AWS/Lambda",
    "ms",
    (
        Line("Median (p50)", "Duration", "p50", "info"),
        Line("p95", "Duration", "p95", "warning"),
        Line("p99", "Duration", "p99", "danger"),
    ),
    "Nothing was invoked",
)
THROTTLES = Panel(
    "Throttles", "AWS/Lambda", "count", (Line("Throttles", "Throttles", "Sum", "warning"),), "Nothing was invoked"
)
CONCURRENCY = Panel(
    "Concurrency",
    "AWS/Lambda",
    "level",
    (Line("At once, at most", "ConcurrentExecutions", "Maximum", "info"),),
    "Nothing was invoked",
)
EXECUTIONS = Panel(
    "Executions",
    "AWS/States",
    "count",
    (
        Line("Started", "ExecutionsStarted", "Sum", "info"),
        Line("Succeeded", "ExecutionsSucceeded", "Sum", "success"),
        Line("Failed", "ExecutionsFailed", "Sum", "danger"),
    ),
    "No execution was started or ended",
)
EXECUTION_TIME = Panel(
    "Execution time",
    "AWS/States",
    "ms",
    (Line("Median (p50)", "ExecutionTime", "p50", "info"), Line("p95", "ExecutionTime", "p95", "warning")),
    "No execution ended",
)

USAGE = Panel(
    "Usage",
    "AWS/Lambda",
    "count",
    (Line("Invocations", "Invocations", "Sum", "info"), Line("Duration in ms", "Duration", "Sum", "neutral")),
    "Nothing was invoked",
)

OF: Mapping[str, tuple[Panel, ...]] = {
    MetricSet.Kind.FUNCTION: (INVOCATIONS, DURATION, THROTTLES, CONCURRENCY),
    MetricSet.Kind.WORKFLOW: (EXECUTIONS, EXECUTION_TIME),
    MetricSet.Kind.COST: (USAGE,),
    # Counts only: percentiles of several functions cannot be added up.
    MetricSet.Kind.ENVIRONMENT: (EXECUTIONS, INVOCATIONS),
}
