"""The charts of a workflow, of a function, or of everything in the environment: a live part, or a page by itself."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from workflows import charts, sessions
from workflows.models import Function, MetricSet, Workflow
from workflows.ranges import PERIODS, RANGES, Span, chosen
from workflows.services import metrics

NAMED = (MetricSet.Kind.WORKFLOW, MetricSet.Kind.FUNCTION)


@dataclass(frozen=True, slots=True)
class Option:
    """A range or period one can go to."""

    label: str
    href: str
    is_current: bool


@require_safe
def charts_of(request: HttpRequest) -> HttpResponse:
    """What `workflow` or `function` names, else the whole environment; 204 when the page has it already."""
    kind, name = _subject(request)
    environment = sessions.environment(request)
    if environment is None:
        return HttpResponse(status=204)
    # Charts of many things keep to the usual period, so that one call can hold them.
    params = request.GET.dict()
    span = chosen(params if name else {"range": params.get("range", "")})
    row = metrics.ask(environment, kind, name, span)
    version = charts.version(row)
    if params.get("version") == version:
        return HttpResponse(status=204)
    address = urlencode({**({kind: name} if name else {}), "range": span.range.value, "period": span.period_s})
    found = charts.read(row)
    is_empty = all(chart.is_empty for chart in found)
    shown = {
        "charts": found,
        "is_bare": is_empty and not charts.is_told_of(row),
        "nothing": list(dict.fromkeys(chart.nothing for chart in found)) if is_empty else [],
        "set": row,
        "is_old": charts.is_old(row, timezone.now()),
        "span": span,
        "ranges": _ranges(request, span) if name else [],
        "periods": _periods(request, span) if name else [],
        "href": f"{request.path}?{address}&version={version}",
    }
    is_part = getattr(request, "htmx", False)
    return render(request, "workflows/_charts.html" if is_part else "workflows/charts.html", shown)


def _subject(request: HttpRequest) -> tuple[str, str]:
    for kind in NAMED:
        if name := request.GET.get(kind):
            if not _is_known(kind, name):
                raise Http404
            return kind, name
    return MetricSet.Kind.ENVIRONMENT, ""


def _is_known(kind: MetricSet.Kind, name: str) -> bool:
    if kind == MetricSet.Kind.WORKFLOW:
        return Workflow.objects.filter(name=name).exists()
    return Function.objects.filter(name=name).exists()


def _ranges(request: HttpRequest, span: Span) -> list[Option]:
    return [Option(one.label, _address(request, range=one.value), one == span.range) for one in RANGES]


def _periods(request: HttpRequest, span: Span) -> list[Option]:
    return [
        Option(PERIODS[period], _address(request, range=span.range.value, period=str(period)), period == span.period_s)
        for period in sorted(span.range.periods_s)
    ]


def _address(request: HttpRequest, **wanted: str) -> str:
    """The query of the page the charts are on, with another range or period."""
    page = request.headers.get("HX-Current-URL") or request.get_full_path()
    kept = parse_qs(urlsplit(page).query)
    others = {name: values for name, values in kept.items() if name not in ("range", "period")}
    query = urlencode(others | {name: [value] for name, value in wanted.items()}, doseq=True)
    return f"?{query}#charts"
