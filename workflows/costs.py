"""READS: the prices in force in a region on a day, and what an invocation or a function's day cost by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from workflows import panels, pricing
from workflows.models import Deployment, FunctionRevision, Invocation, MetricSet, Price
from workflows.pricing import Cost, Prices, Usage

REQUESTS, DURATION = (line.key for line in panels.USAGE.lines)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a function used and cost on a day, or in a month; no cost where there was no price."""

    begins: date
    invocations: int
    seconds: Decimal
    amount: Decimal | None
    currency: str = ""


def prices(region: str, day: date) -> Prices | None:
    """What was in force then; None where nothing is written down for the region."""
    return _in_force(list(Price.objects.filter(region=region).order_by("valid_from")), day)


def _in_force(written: Sequence[Price], day: date) -> Prices | None:
    rows = [row for row in written if row.valid_from <= day]
    if not rows:
        return None
    currency = rows[-1].currency
    # Later rows take the place of earlier ones; what is in another currency cannot be added up with them.
    return Prices(currency, {row.item: row.amount for row in rows if row.currency == currency})


def problem(region: str, day: date) -> str:
    """Why nothing is added up by what was in force then, though there are prices; empty where it is."""
    rows = Price.objects.filter(region=region, valid_from__lte=day).order_by("valid_from")
    currencies = sorted(set({row.item: row.currency for row in rows}.values()))
    if len(currencies) < 2:
        return ""
    return f"Prices of {region} are in {' and '.join(currencies)}: write all of them down in one, or costs have gaps."


def of_invocation(row: Invocation) -> Cost | None:
    """What an invocation cost; None where AWS did not say how long it took, or there is no price."""
    if row.billed_ms is None or row.memory_size_mb is None or row.finished_at is None:
        return None
    revision = row.deployment.function_revision
    assert revision is not None  # noqa: S101 - of a function, by constraint
    used = Usage(1, Decimal(row.billed_ms), row.memory_size_mb, revision.architecture, revision.storage_mb)
    return pricing.cost(used, prices(row.environment.region, row.finished_at.date()))


def of_days(row: MetricSet) -> list[Bill]:
    """What a function used, day by day (UTC), newest first; days without an invocation are left out.

    Priced step by step of the series: a day on which its size changed has hours of both.
    """
    used = {int(at): Decimal(str(value)) for at, value in row.series.get(DURATION, [])}
    counted = {int(at): int(value) for at, value in row.series.get(REQUESTS, [])}
    sizes, rows = _sizes(row), list(Price.objects.filter(region=row.environment.region).order_by("valid_from"))
    days: dict[date, list[Bill]] = {}
    for at in sorted(counted, reverse=True):
        begin = datetime.fromtimestamp(at, UTC)
        is_whole = row.begin_at is None or row.begin_at <= begin.replace(hour=0)  # not the rest of the first day
        if counted[at] and is_whole:
            parts = _sizes_in(sizes, begin, begin + timedelta(seconds=row.period_s))
            bill = _bill(begin.date(), counted[at], used.get(at, Decimal()), parts, _in_force(rows, begin.date()))
            days.setdefault(bill.begins, []).append(bill)
    return [_added_up(day, bills) for day, bills in days.items()]


def of_months(days: Sequence[Bill]) -> list[Bill]:
    """The days added up by calendar month, newest first."""
    months: dict[date, list[Bill]] = {}
    for bill in days:
        months.setdefault(bill.begins.replace(day=1), []).append(bill)
    return [_added_up(begins, bills) for begins, bills in months.items()]


def _bill(
    day: date,
    count: int,
    milliseconds: Decimal,
    parts: Sequence[tuple[Decimal, FunctionRevision]],
    charged: Prices | None,
) -> Bill:
    """`parts` are what it was in that time, each with its part of it; what ran when is not known any closer."""
    seconds, amount = milliseconds / 1000, Decimal()
    for number, (part, size) in enumerate(parts):
        requests = 0 if number else count  # they cost the same whatever its size
        used = Usage(requests, milliseconds * part, size.memory_mb, size.architecture, size.storage_mb)
        cost = pricing.cost(used, charged)
        if cost is None:
            return Bill(day, count, seconds, None)
        amount += cost.amount
    if not parts or charged is None:
        return Bill(day, count, seconds, None)
    return Bill(day, count, seconds, amount, charged.currency)


def _added_up(begins: date, bills: Sequence[Bill]) -> Bill:
    amounts = [bill.amount for bill in bills if bill.amount is not None]
    is_whole = len(amounts) == len(bills) and len({bill.currency for bill in bills}) == 1
    return Bill(
        begins,
        sum(bill.invocations for bill in bills),
        sum((bill.seconds for bill in bills), Decimal()),
        sum(amounts, Decimal()) if is_whole else None,
        bills[0].currency,
    )


def _sizes(row: MetricSet) -> list[tuple[datetime, FunctionRevision]]:
    """What was in force from when on, oldest first; one that had only a share of the calls is not counted."""
    rows = Deployment.objects.filter(
        environment=row.environment, function__name=row.name, status="succeeded", share=None, removes=False
    )
    known = rows.select_related("function_revision").defer("function_revision__package").order_by("finished_at")
    return [(one.finished_at, one.function_revision) for one in known if one.finished_at and one.function_revision]


def _sizes_in(
    sizes: Sequence[tuple[datetime, FunctionRevision]], begin: datetime, end: datetime
) -> list[tuple[Decimal, FunctionRevision]]:
    """What was in force between two moments, each with its part of the time; before all, the first there was."""
    if not sizes:
        return []
    before = [one for one in sizes if one[0] <= begin]
    within = [one for one in sizes if begin < one[0] < end]
    if not before and within:
        within[0] = (begin, within[0][1])  # nothing ran before there was anything
    steps = [(begin, before[-1][1])] if before else []
    steps += within
    if not steps:
        return [(Decimal(1), sizes[0][1])]
    ends = [since for since, _ in steps[1:]] + [end]
    whole = Decimal((end - begin).total_seconds())
    return [
        (Decimal((until - since).total_seconds()) / whole, revision)
        for (since, revision), until in zip(steps, ends, strict=True)
    ]
