"""READS: the prices in force in a region on a day, and what an invocation or a function's day cost by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
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


def of_invocation(row: Invocation) -> Cost | None:
    """What an invocation cost; None where AWS did not say how long it took, or there is no price."""
    if row.billed_ms is None or row.memory_size_mb is None or row.finished_at is None:
        return None
    revision = row.deployment.function_revision
    assert revision is not None  # noqa: S101 - of a function, by constraint
    used = Usage(1, Decimal(row.billed_ms), row.memory_size_mb, revision.architecture, revision.storage_mb)
    return pricing.cost(used, prices(row.environment.region, row.finished_at.date()))


def of_days(row: MetricSet) -> list[Bill]:
    """What a function used, day by day (UTC), newest first; days without an invocation are left out."""
    used = {int(at): Decimal(str(value)) for at, value in row.series.get(DURATION, [])}
    counted = {int(at): int(value) for at, value in row.series.get(REQUESTS, [])}
    sizes, rows = _sizes(row), list(Price.objects.filter(region=row.environment.region).order_by("valid_from"))
    found = []
    for at in sorted(counted, reverse=True):
        if counted[at]:
            day = datetime.fromtimestamp(at, UTC).date()
            found.append(_bill(day, counted[at], used.get(at, Decimal()), _size_on(sizes, day), _in_force(rows, day)))
    return found


def of_months(days: Sequence[Bill]) -> list[Bill]:
    """The days added up by calendar month, newest first."""
    months: dict[date, list[Bill]] = {}
    for bill in days:
        months.setdefault(bill.begins.replace(day=1), []).append(bill)
    return [_added_up(begins, bills) for begins, bills in months.items()]


def _bill(day: date, count: int, milliseconds: Decimal, size: FunctionRevision | None, charged: Prices | None) -> Bill:
    seconds = milliseconds / 1000
    if size is None:
        return Bill(day, count, seconds, None)
    used = Usage(count, milliseconds, size.memory_mb, size.architecture, size.storage_mb)
    cost = pricing.cost(used, charged)
    return Bill(day, count, seconds, cost.amount if cost else None, cost.currency if cost else "")


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


def _sizes(row: MetricSet) -> list[tuple[date, FunctionRevision]]:
    """What was in force from which day on, oldest first."""
    rows = Deployment.objects.filter(environment=row.environment, function__name=row.name, status="succeeded")
    known = rows.select_related("function_revision").defer("function_revision__package").order_by("finished_at")
    return [
        (one.finished_at.date(), one.function_revision) for one in known if one.finished_at and one.function_revision
    ]


def _size_on(sizes: Sequence[tuple[date, FunctionRevision]], day: date) -> FunctionRevision | None:
    """The last that was deployed by the end of the day; for an earlier day the first there was."""
    before = [revision for since, revision in sizes if since <= day]
    return before[-1] if before else sizes[0][1] if sizes else None
