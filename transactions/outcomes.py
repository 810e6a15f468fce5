"""Reads what became of deliveries over time, as a chart. Nothing is written."""

from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour

from transactions.models import Delivery
from transactions.statuses import DELIVERY
from workflows.charts import Chart, Drawn, Row
from workflows.ranges import RANGES, Span, bounds, last_period

SHOWN = ("delivered", "failed", "not_sent")
SPAN = Span(RANGES[-1], RANGES[-1].periods_s[0])  # a week, hour by hour


def chart(now: datetime, among: QuerySet[Delivery]) -> Chart:
    """How many of them ended how, hour by hour over a week."""
    begin, end = bounds(now, int(SPAN.range.length.total_seconds()), SPAN.period_s)
    ended = among.filter(status__in=SHOWN, finished_at__gte=begin)
    counted = ended.order_by().annotate(hour=TruncHour("finished_at"))
    found = {(row["hour"], row["status"]): row["n"] for row in counted.values("hour", "status").annotate(n=Count("pk"))}
    hours = [
        begin + timedelta(seconds=SPAN.period_s) * n for n in range(int((end - begin).total_seconds()) // SPAN.period_s)
    ]
    lines = [_line(status, [float(found.get((hour, status), 0)) for hour in hours]) for status in SHOWN]
    busy = [n for n, hour in enumerate(hours) if any((hour, status) in found for status in SHOWN)]
    rows = [Row(hours[n], [line.values[n] for line in lines]) for n in reversed(busy)]
    data = {
        "times": [int(hour.timestamp()) for hour in hours],
        "unit": "count",
        "lines": [{"label": line.label, "tone": line.tone, "values": line.values} for line in lines],
        "marks": [],
    }
    return Chart("outcomes", "Outcomes", "count", "Nothing was sent", last_period(SPAN.period_s), lines, rows, [], data)


def _line(status: str, values: list[float]) -> Drawn:
    known = DELIVERY[status]
    return Drawn(known.label, known.tone, list(values), sum(values), max(values), values[-1])
