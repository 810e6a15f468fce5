"""The operations that tell what was done and measured: activity and metrics. Reads; metrics ask a worker to read."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from workflows import panels, trail
from workflows.api import environments, paging
from workflows.api.callers import bound_caller, caller
from workflows.api.environments import InEnvironment
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import Refused, declared
from workflows.api.raw_json import answer
from workflows.api.schemas import LONGEST_NAME, ActivitiesOut, MetricsOut
from workflows.inputs import FieldProblem
from workflows.models import Activity, Function, MetricSet, Workflow
from workflows.models.environments import DEFAULT
from workflows.panels import Panel
from workflows.ranges import chosen
from workflows.services import metrics as readings

activity = Router(tags=["Activity"])
metrics = Router(tags=["Metrics"])
Text = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Query(max_length=LONGEST_NAME, pattern=r"^[\w-]*$")]


@activity.get("", response={200: ActivitiesOut, **declared(422)}, summary="List activity")
def list_activity(
    request: HttpRequest,
    who: Text = "",
    kind: Text = "",
    action: Text = "",
    object: Text = "",
    cursor: Cursor = "",
    limit: Limit = PAGE,
) -> HttpResponse:
    """Newest first: what was done by `who`, to a `kind` of thing, by an `action`, to the `object` (its id or name)."""
    caller(request, "workflows.view_activity")
    if kind and kind not in trail.KINDS:
        told = FieldProblem("kind", f"There are {', '.join(trail.KINDS)}.")
        raise Refused(422, "The filters could not be read.", told, code="bad_filter")
    if action and not trail.is_action(action):
        told = FieldProblem(
            "action", f"There are {', '.join(trail.ACTIONS)}, and a kind with {', '.join(trail.VERBS)}."
        )
        raise Refused(422, "The filters could not be read.", told, code="bad_filter")
    rows = trail.find({"who": who, "kind": kind, "action": action, "object": object})
    found, following = paging.by_id(rows, cursor, limit)
    return answer({"results": [_told(row) for row in found], "next": following})


@metrics.get("", response={200: MetricsOut, **declared(422)}, summary="Read metrics")
def read_metrics(
    request: HttpRequest,
    workflow: Name = "",
    function: Name = "",
    environment: InEnvironment = DEFAULT,
    range: Literal["1h", "24h", "7d"] = "24h",
    period: Annotated[Literal["", "60", "300", "3600"], Query(description="Seconds a point stands for.")] = "",
) -> HttpResponse:
    """CloudWatch metrics of a workflow, of a function, or of all in an environment, as last read.

    Asking makes a worker read them when they are older than a minute: `is_pending` says that newer ones will come.
    """
    by = bound_caller(request, "workflows.view_metricset")
    if not workflow:
        by.require_all_workflows()
    by.require(workflow=workflow or None)
    kind, name = _subject(workflow, function)
    where = environments.named(by, environment)
    row = readings.ask(where, kind, name, chosen({"range": range, "period": period}))
    return answer(
        {
            "environment": where.slug,
            "workflow": workflow or None,
            "function": function or None,
            "range": range,
            "period": row.period_s,
            "begin_at": row.begin_at,
            "end_at": row.end_at,
            "read_at": row.read_at,
            "is_pending": row.next_read_at is not None,
            "problem": row.problem or None,
            "charts": [_chart(panel, row) for panel in panels.OF[row.kind]],
        }
    )


def _subject(workflow: str, function: str) -> tuple[str, str]:
    if workflow and function:
        told = FieldProblem("function", "Name a workflow or a function, not both.")
        raise Refused(422, "The request could not be accepted.", told, code="bad_filter")
    if workflow and not Workflow.objects.filter(name=workflow).exists():
        told = FieldProblem("workflow", "There is no such workflow.")
        raise Refused(422, "The workflow is not known.", told, code="bad_filter")
    if function and not Function.objects.filter(name=function).exists():
        told = FieldProblem("function", "There is no such function.")
        raise Refused(422, "The function is not known.", told, code="bad_filter")
    if workflow:
        return MetricSet.Kind.WORKFLOW, workflow
    return (MetricSet.Kind.FUNCTION, function) if function else (MetricSet.Kind.ENVIRONMENT, "")


def _chart(panel: Panel, row: MetricSet) -> dict[str, Any]:
    return {
        "title": panel.title,
        "namespace": panel.namespace,
        "unit": panel.unit,
        "lines": [
            {
                "label": line.label,
                "metric": line.metric,
                "statistic": line.statistic,
                "points": [
                    {"at": datetime.fromtimestamp(at, UTC), "value": value}
                    for at, value in row.series.get(line.key, [])
                ],
            }
            for line in panel.lines
        ],
    }


def _told(row: Activity) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": row.at,
        "by": row.by_name,
        "action": row.action,
        "kind": row.subject_kind,
        "object": row.subject_id,
        "label": row.subject_label,
        "before": row.before,
        "after": row.after,
        "request_id": row.request_id or None,
    }
