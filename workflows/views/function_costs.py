"""What a function cost, by day and by month, and how that was worked out."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from workflows import charts, costs, sessions
from workflows.models import Function, MetricSet, Price
from workflows.ranges import DAYS, HOUR_S, Span
from workflows.services import metrics
from workflows.views import function_tabs


@require_safe
def function_cost(request: HttpRequest, name: str) -> HttpResponse:
    """The page; for a live part 204 when it says already what there is to say."""
    function = get_object_or_404(Function, name=name)
    environment = sessions.environment(request)
    if environment is None:
        raise Http404
    row = metrics.ask(environment, MetricSet.Kind.COST, name, Span(DAYS, HOUR_S))
    version = charts.version(row)
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    days = costs.of_days(row)
    shown = {
        "set": row,
        "version": version,
        "days": days,
        "months": costs.of_months(days),
        "currencies_problem": costs.problem(environment.region, timezone.now().date()),
        "prices": Price.objects.filter(region=environment.region),
        "may_price": request.user.is_staff and request.user.has_perm("workflows.change_price"),
    }
    if getattr(request, "htmx", False):
        return render(request, "workflows/_function_cost.html", shown | {"function": function})
    return render(request, "workflows/function_cost.html", function_tabs.frame(request, function, "cost") | shown)
