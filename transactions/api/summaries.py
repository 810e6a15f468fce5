"""The operations that count: what needs somebody and how a stretch of time went, as the overview shows it. Reads."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from transactions import branches, flows, summaries
from transactions.api.schemas import BranchesOut, SummaryOut
from workflows import selectors
from workflows.api import environments
from workflows.api.callers import bound_caller
from workflows.api.environments import InEnvironment
from workflows.api.problems import Refused, declared
from workflows.api.raw_json import answer
from workflows.models import Workflow
from workflows.models.environments import DEFAULT
from workflows.ranges import chosen

router = Router(tags=["Transactions"])
VIEW = "transactions.view_transaction"


@router.get("/summary", response={200: SummaryOut, **declared(422)}, summary="Summarise an environment")
def summarise(
    request: HttpRequest, environment: InEnvironment = DEFAULT, range: Literal["1h", "24h", "7d"] = "24h"
) -> HttpResponse:
    """What needs somebody now, and of the newest ten thousand of a time how they ended by which branch."""
    by = bound_caller(request, VIEW)
    by.require_all_workflows()
    where = environments.named(by, environment)
    since = timezone.now() - chosen({"range": range}).range.length
    attention, outcomes, flow = summaries.attention(where), summaries.outcomes(where, since), flows.read(where, since)
    return answer(
        {
            "environment": where.slug,
            "since": since,
            "attention": {
                "failed": attention.failed,
                "stuck": attention.stuck,
                "waiting": attention.waiting,
                "not_deployed": len(selectors.not_deployed(where)),
            },
            "outcomes": {status.value: count for status, count in outcomes.counts},
            "is_partial": outcomes.is_partial,
            "branches": [_stream(one) for one in flow.streams],
            "left_out": flow.left_out,
        }
    )


@router.get(
    "/workflows/{slug:name}/branches",
    response={200: BranchesOut, **declared(404, 422)},
    summary="Count a workflow's branches",
)
def count_branches(request: HttpRequest, name: str, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """How often each branch was taken on each of the last fourteen days, the most taken first."""
    by = bound_caller(request, VIEW)
    by.require(workflow=name)
    workflow = Workflow.objects.filter(name=name).first()
    if workflow is None:
        raise Refused(404, "There is no such workflow.")
    mix = branches.mix(workflow, environments.named(by, environment))
    return answer({"results": [_branch(one) for one in mix.rows], "is_partial": mix.is_partial})


def _stream(one: flows.Stream) -> dict[str, Any]:
    return {
        "workflow": one.workflow,
        "state": one.state or None,
        "next": one.next or None,
        "status": one.status.value,
        "count": one.count,
    }


def _branch(one: branches.Row) -> dict[str, Any]:
    return {
        "state": one.state,
        "next": one.next or None,
        "count": one.count,
        "share": one.share,
        "days": [{"day": bar.day.isoformat(), "count": bar.count} for bar in one.bars],
    }
