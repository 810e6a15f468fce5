"""The operation that tells what a function cost, as its page does."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from workflows import costs
from workflows.api import environments
from workflows.api.callers import bound_caller
from workflows.api.environments import InEnvironment
from workflows.api.function_schemas import CostOut
from workflows.api.problems import Refused, declared
from workflows.api.raw_json import JsonText, answer
from workflows.costs import Bill
from workflows.models import Function, MetricSet
from workflows.models.environments import DEFAULT
from workflows.ranges import DAYS, HOUR_S, Span
from workflows.services import metrics

router = Router(tags=["Functions"])
VIEW = "workflows.view_metricset"


@router.get("/{slug:name}/cost", response={200: CostOut, **declared(404, 422)}, summary="Read what a function cost")
def read_cost(request: HttpRequest, name: str, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """By day and by month (UTC), newest first: the use CloudWatch tells, at the prices kept here for the region.

    Asking makes a worker read CloudWatch where that is old: `is_pending` says that newer figures will come.
    """
    by = bound_caller(request, VIEW)
    by.require_all_workflows()
    where = environments.named(by, environment)
    if not Function.objects.filter(name=name).exists():
        raise Refused(404, "There is no such function.")
    row = metrics.ask(where, MetricSet.Kind.COST, name, Span(DAYS, HOUR_S))
    days = costs.of_days(row)
    return answer(
        {
            "function": name,
            "environment": where.slug,
            "read_at": row.read_at,
            "is_pending": row.next_read_at is not None,
            "problem": row.problem or costs.problem(where.region, timezone.now().date()) or None,
            "days": [_told(bill) for bill in days],
            "months": [_told(bill) for bill in costs.of_months(days)],
        }
    )


def _told(bill: Bill) -> dict[str, Any]:
    return {
        "begins": bill.begins.isoformat(),
        "invocations": bill.invocations,
        "seconds": _number(bill.seconds),
        "amount": None if bill.amount is None else _number(bill.amount),
        "currency": bill.currency or None,
    }


def _number(value: Decimal) -> JsonText:
    """With the digits it has."""
    return JsonText(format(value.normalize(), "f"))
