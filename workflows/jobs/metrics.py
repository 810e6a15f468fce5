"""Reads the metric series pages have asked for: one GetMetricData for each. Never asks when nobody looks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from workflows import panels
from workflows.aws import cloudwatch, errors
from workflows.aws.cloudwatch import Point, Query, Window
from workflows.claims import claim_due, release
from workflows.jobs.targets import note_reached, target_of
from workflows.models import Deployment, MetricSet
from workflows.panels import Line, Namespace, Panel
from workflows.ranges import bounds

KEPT = timedelta(days=7)
MOST_RESOURCES = 50  # of each kind on the overview: 250 queries of the 500 one call may hold
DIMENSIONS: dict[Namespace, str] = {"AWS/Lambda": "FunctionName", "AWS/States": "StateMachineArn"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query, and the key its points are stored under."""

    key: str
    query: Query


def drain() -> int:
    """Read whatever was asked for; give how many were read."""
    read = 0
    while rows := claim_due(MetricSet.objects.filter(next_read_at__lte=timezone.now()).order_by("next_read_at"), 1):
        _read(MetricSet.objects.select_related("environment").get(pk=rows[0].pk))
        read += 1
    return read


def forget_old() -> int:
    """Do away with series that nobody has looked at for so long; give how many are gone."""
    gone, _ = MetricSet.objects.filter(next_read_at=None, asked_at__lt=timezone.now() - KEPT).delete()
    return gone


def _read(row: MetricSet) -> None:
    asked_at = timezone.now()
    begin, end = bounds(asked_at, row.range_s, row.period_s)
    resources = _resources(row)
    wanted = _wanted(panels.OF[row.kind], {space: arns[:MOST_RESOURCES] for space, arns in resources.items()})
    try:
        window = Window(begin, end, row.period_s)
        queries = [one.query for one in wanted]
        found = cloudwatch.metric_data(target_of(row.environment), queries, window) if queries else {}
    except errors.AwsError as error:
        release(row, next_read_at=None, asked_at=asked_at, problem=str(error))
        return
    if queries:
        note_reached([row.environment])
    release(
        row,
        next_read_at=None,
        asked_at=asked_at,
        read_at=timezone.now(),
        begin_at=begin,
        end_at=end,
        series=_added_up(wanted, found),
        is_partial=any(len(arns) > MOST_RESOURCES for arns in resources.values()),
        problem="",
    )


def _resources(row: MetricSet) -> dict[Namespace, list[str]]:
    """The ARNs in AWS of what the charts are about; nothing where nothing was ever deployed."""
    rows = Deployment.objects.filter(environment=row.environment).exclude(resource_arn="")
    if row.kind in (MetricSet.Kind.FUNCTION, MetricSet.Kind.COST):
        return {"AWS/Lambda": _arns(rows.filter(function__name=row.name))[:1]}
    if row.kind == MetricSet.Kind.WORKFLOW:
        return {"AWS/States": _arns(rows.filter(workflow__name=row.name))[:1]}
    live = rows.filter(is_live=True)
    return {
        "AWS/Lambda": _arns(live.filter(function__isnull=False)),
        "AWS/States": _arns(live.filter(workflow__isnull=False)),
    }


def _arns(rows: QuerySet[Deployment]) -> list[str]:
    """Newest first."""
    return list(rows.order_by("-pk").values_list("resource_arn", flat=True)[: MOST_RESOURCES + 1])


def _wanted(drawn: Iterable[Panel], resources: dict[Namespace, list[str]]) -> list[Wanted]:
    asked = [
        (panel.namespace, line, arn)
        for panel in drawn
        for line in panel.lines
        for arn in resources.get(panel.namespace, [])
    ]
    return [Wanted(line.key, _query(f"q{n}", space, line, arn)) for n, (space, line, arn) in enumerate(asked)]


def _query(name: str, namespace: Namespace, line: Line, arn: str) -> Query:
    # The state machine's metrics are kept under its ARN, the function's under its name.
    value = arn if namespace == "AWS/States" else arn.split(":")[6]
    return Query(name, namespace, line.metric, DIMENSIONS[namespace], value, line.statistic)


def _added_up(wanted: Iterable[Wanted], found: dict[str, list[Point]]) -> dict[str, list[list[float]]]:
    """The points of all resources together, by key and time."""
    sums: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for one in wanted:
        for point in found[one.query.id]:
            sums[one.key][point.at] += point.value
    return {key: [[at, value] for at, value in sorted(values.items())] for key, values in sums.items()}
