"""Reads what became of deliveries over time, as a chart. Nothing is written."""

from datetime import datetime, timedelta

from django.db.models import Case, Count, QuerySet, Value, When
from django.db.models.functions import TruncHour

from transactions.models import Delivery
from transactions.statuses import DELIVERY_TOLD
from workflows.charts import Chart, Drawn, Row
from workflows.ranges import RANGES, Span, bounds, last_period

ENDED = ("delivered", "failed", "not_sent")
# What has not ended stands in the hour it was told in: never tried, or tried and waiting for the next try.
OPEN = ("pending", "failing")
SHOWN = (*ENDED, *OPEN)
SPAN = Span(RANGES[-1], RANGES[-1].periods_s[0])  # a week, hour by hour


def chart(now: datetime, among: QuerySet[Delivery]) -> Chart:
    """How many of them ended how, and how many have not, hour by hour over a week."""
    begin, end = bounds(now, int(SPAN.range.length.total_seconds()), SPAN.period_s)
    found = _ended(among, begin) | _open(among, begin)
    hours = [
        begin + timedelta(seconds=SPAN.period_s) * n for n in range(int((end - begin).total_seconds()) // SPAN.period_s)
    ]
    lines = [_line(name, [float(found.get((hour, name), 0)) for hour in hours]) for name in SHOWN]
    busy = [n for n, hour in enumerate(hours) if any((hour, name) in found for name in SHOWN)]
    rows = [Row(hours[n], [line.values[n] for line in lines]) for n in reversed(busy)]
    data = {
        "times": [int(hour.timestamp()) for hour in hours],
        "unit": "count",
        "lines": [{"label": line.label, "tone": line.tone, "values": line.values} for line in lines],
        "marks": [],
    }
    return Chart("outcomes", "Outcomes", "count", "Nothing was sent", last_period(SPAN.period_s), lines, rows, [], data)


def _ended(among: QuerySet[Delivery], begin: datetime) -> dict[tuple[datetime, str], int]:
    rows = among.filter(status__in=ENDED, finished_at__gte=begin).order_by().annotate(hour=TruncHour("finished_at"))
    return {(row["hour"], row["status"]): row["n"] for row in rows.values("hour", "status").annotate(n=Count("pk"))}


def _open(among: QuerySet[Delivery], begin: datetime) -> dict[tuple[datetime, str], int]:
    rows = among.filter(status="pending", created_at__gte=begin).order_by().annotate(hour=TruncHour("created_at"))
    counted = rows.annotate(state=Case(When(tries=0, then=Value("pending")), default=Value("failing")))
    return {(row["hour"], row["state"]): row["n"] for row in counted.values("hour", "state").annotate(n=Count("pk"))}


def _line(name: str, values: list[float]) -> Drawn:
    known = DELIVERY_TOLD[name]
    return Drawn(known.label, known.tone, list(values), sum(values), max(values), values[-1])
