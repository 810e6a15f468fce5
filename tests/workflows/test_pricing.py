"""What invocations cost, by AWS's own published examples and by the table kept here."""

from datetime import date
from decimal import Decimal

import pytest

from workflows import costs, pricing
from workflows.models import Price
from workflows.pricing import Prices, Usage

LIST = Prices(
    "USD",
    {
        "lambda.request": Decimal("0.0000002"),
        "lambda.gb-second": Decimal("0.0000166667"),
        "lambda.gb-second.arm64": Decimal("0.0000133334"),
        "lambda.storage-gb-second": Decimal("0.0000000309"),
    },
)


def bill(used: Usage) -> Decimal:
    found = pricing.cost(used, LIST)
    assert found is not None
    return found.amount


def test_three_million_requests_of_120_ms_with_1536_mb() -> None:
    # 540,000 GB-seconds and 3 M requests: 9.00 + 0.60 dollars
    assert round(bill(Usage(3_000_000, Decimal(3_000_000 * 120), 1536)), 2) == Decimal("9.60")


def test_arm_costs_less() -> None:
    usage = {"requests": 1, "billed_ms": Decimal(1000), "memory_mb": 1024}
    assert bill(Usage(**usage, architecture="arm64")) < bill(Usage(**usage))  # type: ignore[arg-type]


def test_storage_is_charged_above_what_is_included() -> None:
    usage = {"requests": 0, "billed_ms": Decimal(1000), "memory_mb": 128}
    more = bill(Usage(**usage, storage_mb=1536)) - bill(Usage(**usage, storage_mb=512))  # type: ignore[arg-type]
    assert more == Decimal("0.0000000309")


def test_each_line_of_the_bill_says_how_much_of_what() -> None:
    found = pricing.cost(Usage(2, Decimal(500), 512), LIST)
    assert found is not None
    assert [(part.what, part.quantity) for part in found.parts] == [
        ("Requests", Decimal(2)),
        ("GB-seconds", Decimal("0.25")),
    ]


def test_without_a_price_nothing_is_made_up() -> None:
    assert pricing.cost(Usage(1, Decimal(1), 128), None) is None
    assert pricing.cost(Usage(1, Decimal(1), 128), Prices("USD", {"lambda.request": Decimal(1)})) is None


@pytest.mark.django_db
def test_the_price_of_the_day_is_the_newest_that_is_not_later() -> None:
    for day, amount in (("2025-01-01", "2"), ("2026-01-01", "3"), ("2027-01-01", "4")):
        Price.objects.create(region="mars-1", item="lambda.request", valid_from=day, amount=amount)
    found = costs.prices("mars-1", date(2026, 6, 1))
    assert found is not None
    assert found.amounts == {"lambda.request": Decimal(3)}
    assert costs.prices("mars-1", date(2024, 6, 1)) is None


@pytest.mark.django_db
def test_what_is_in_another_currency_is_not_added_up() -> None:
    Price.objects.create(region="mars-1", item="lambda.request", valid_from="2025-01-01", amount=1, currency="USD")
    Price.objects.create(region="mars-1", item="lambda.gb-second", valid_from="2026-01-01", amount=1, currency="EUR")
    found = costs.prices("mars-1", date(2026, 6, 1))
    assert found == Prices("EUR", {"lambda.gb-second": Decimal(1)})
