"""PURE: what an invocation costs, and how that was worked out. Reads no table: prices are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

REQUEST = "lambda.request"
GB_SECOND = {"x86_64": "lambda.gb-second", "arm64": "lambda.gb-second.arm64"}
STORAGE_GB_SECOND = "lambda.storage-gb-second"
FREE_STORAGE_MB = 512  # of ephemeral storage: included
MB_OF_GB = 1024


@dataclass(frozen=True, slots=True)
class Prices:
    """What one region charges on a day, by item, in one currency."""

    currency: str
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used: how often, how long in all (billed), and of what size."""

    requests: int
    billed_ms: Decimal
    memory_mb: int
    architecture: str = "x86_64"
    storage_mb: int = FREE_STORAGE_MB


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a bill."""

    what: str
    quantity: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        """Quantity by price."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Cost:
    """The bill of a usage. AWS's monthly free tier and volume discounts are not in it."""

    currency: str
    parts: tuple[Part, ...]

    @property
    def amount(self) -> Decimal:
        """The sum of its lines."""
        return sum((part.amount for part in self.parts), Decimal())


def cost(used: Usage, prices: Prices | None) -> Cost | None:
    """What `used` costs; None where a price it needs is not written down."""
    if prices is None:
        return None
    seconds = used.billed_ms / 1000
    wanted = [
        ("Requests", REQUEST, Decimal(used.requests)),
        ("GB-seconds", GB_SECOND.get(used.architecture, ""), seconds * used.memory_mb / MB_OF_GB),
    ]
    if used.storage_mb > FREE_STORAGE_MB:
        above = Decimal(used.storage_mb - FREE_STORAGE_MB) / MB_OF_GB
        wanted.append(("GB-seconds of storage above 512 MB", STORAGE_GB_SECOND, seconds * above))
    if any(item not in prices.amounts for _, item, _ in wanted):
        return None
    return Cost(prices.currency, tuple(Part(what, quantity, prices.amounts[item]) for what, item, quantity in wanted))
