"""Reads what the charts of a page show: series filled up to the whole range, with totals and deployments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import reverse

from workflows import panels, selectors
from workflows.models import Deployment, MetricSet
from workflows.panels import Line, Panel
from workflows.ranges import last_period

MOST_MARKS = 100
OLD = timedelta(minutes=5)
MOST_ROWS = 60  # of the table of values: the newest


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of a chart over all its times; None where nothing was recorded.

    `total` only for counts; `latest` is of the last period of all, the same for every line.
    """

    label: str
    tone: str
    values: list[float | None]
    total: float | None
    highest: float | None
    latest: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A deployment that came into force."""

    at: datetime
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """What was recorded over one period, line by line."""

    at: datetime
    values: list[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, as a picture (`data`, for the script) and in figures (lines, rows, marks)."""

    id: str
    title: str
    unit: str
    nothing: str
    period: str
    lines: list[Drawn]
    rows: list[Row]
    marks: list[Mark]
    data: dict[str, Any]

    @property
    def is_empty(self) -> bool:
        """Nothing was recorded in the whole range."""
        return not self.rows


def read(row: MetricSet) -> list[Chart]:
    """The charts of a set that has been read; none before."""
    if row.begin_at is None or row.end_at is None:
        return []
    times = range(int(row.begin_at.timestamp()), int(row.end_at.timestamp()), row.period_s)
    marks = _marks(row)
    return [_chart(f"chart-{n}", panel, row, times, marks) for n, panel in enumerate(panels.OF[row.kind])]


def version(row: MetricSet) -> str:
    """Differs whenever what is shown of `row` would."""
    return f"{row.asked_at.timestamp():.3f}" if row.asked_at else "0"


def is_told_of(row: MetricSet) -> bool:
    """Whether there is anything there that CloudWatch could tell of: else it was not even asked."""
    rows = Deployment.objects.filter(environment=row.environment_id).exclude(resource_arn="")
    if row.kind == MetricSet.Kind.ENVIRONMENT:
        return rows.filter(is_live=True).exists()
    subject = "workflow__name" if row.kind == MetricSet.Kind.WORKFLOW else "function__name"
    return rows.filter(**{subject: row.name}).exists()


def is_old(row: MetricSet, now: datetime) -> bool:
    """Whether what was read may say little of now: nobody looked for a while, and a worker is only about to read it."""
    return row.next_read_at is not None and row.read_at is not None and now - row.read_at > OLD


def _chart(name: str, panel: Panel, row: MetricSet, times: Sequence[int], marks: list[Mark]) -> Chart:
    series: dict[str, list[list[float]]] = row.series
    lines = [_drawn(line, panel, series.get(line.key, []), times) for line in panel.lines]
    recorded = sorted({int(at) for line in panel.lines for at, _ in series.get(line.key, [])})
    place = {at: n for n, at in enumerate(times)}
    rows = [
        Row(datetime.fromtimestamp(at, UTC), [line.values[place[at]] for line in lines])
        for at in reversed(recorded[-MOST_ROWS:])
        if at in place
    ]
    data = {
        "times": list(times),
        "unit": panel.unit,
        "lines": [{"label": line.label, "tone": line.tone, "values": line.values} for line in lines],
        "marks": [{"at": mark.at.timestamp(), "label": mark.label} for mark in marks],
    }
    return Chart(name, panel.title, panel.unit, panel.nothing, last_period(row.period_s), lines, rows, marks, data)


def _drawn(line: Line, panel: Panel, points: list[list[float]], times: Sequence[int]) -> Drawn:
    recorded = {int(at): value for at, value in points}
    # Where AWS counted nothing the count was 0; a duration of nothing is no duration.
    otherwise = 0.0 if panel.unit == "count" else None
    found = list(recorded.values())
    values = [recorded.get(at, otherwise) for at in times]
    return Drawn(
        line.label,
        line.tone,
        values=values,
        total=sum(found) if panel.unit == "count" else None,
        highest=max(found, default=otherwise),
        latest=values[-1] if values else otherwise,
    )


def _marks(row: MetricSet) -> list[Mark]:
    """Deployments of what the charts are about that did something in their range and succeeded, oldest first."""
    rows = Deployment.objects.filter(
        environment=row.environment_id,
        status="succeeded",
        is_found=False,
        finished_at__gte=row.begin_at,
        finished_at__lt=row.end_at,
    )
    if row.kind == MetricSet.Kind.FUNCTION:
        rows = rows.filter(function__name=row.name)
    elif row.kind == MetricSet.Kind.WORKFLOW:
        rows = rows.filter(workflow__name=row.name)
    related = ("function", "function_revision__function", "workflow_revision__workflow")
    known = rows.select_related(*related).defer("function_revision__package", "definition", "policy")
    newest = selectors.telling(known).order_by("-finished_at")[:MOST_MARKS]
    return [_mark(deployment, is_named=not row.name) for deployment in reversed(newest)]


def _mark(deployment: Deployment, *, is_named: bool) -> Mark:
    """Named after its revision: by the number alone on the page of what it deployed."""
    assert deployment.finished_at is not None  # noqa: S101 - what was filtered by
    label = str(deployment.revision) if is_named else f"r{deployment.revision.number}"
    if deployment.removes:
        label = f"{deployment.function} deleted" if is_named else "deleted"
    return Mark(deployment.finished_at, label, reverse("workflows:deployment", args=[deployment.pk]))
