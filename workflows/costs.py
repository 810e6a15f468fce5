"""READS: the prices in force in a region on a day, and what an invocation cost by them."""

from datetime import date
from decimal import Decimal

from workflows import pricing
from workflows.models import Invocation, Price
from workflows.pricing import Cost, Prices, Usage


def prices(region: str, day: date) -> Prices | None:
    """What was in force then; None where nothing is written down for the region."""
    rows = list(Price.objects.filter(region=region, valid_from__lte=day).order_by("valid_from"))
    if not rows:
        return None
    currency = rows[-1].currency
    # Later rows take the place of earlier ones; what is in another currency cannot be added up with them.
    return Prices(currency, {row.item: row.amount for row in rows if row.currency == currency})


def of_invocation(row: Invocation) -> Cost | None:
    """What an invocation cost; None where AWS did not say how long it took, or there is no price."""
    if row.billed_ms is None or row.memory_size_mb is None or row.finished_at is None:
        return None
    used = Usage(requests=1, billed_ms=Decimal(row.billed_ms), memory_mb=row.memory_size_mb)
    return pricing.cost(used, prices(row.environment.region, row.finished_at.date()))
