"""Writes down what AWS charges, and strikes it out again."""

from typing import Any

from django.db import transaction

from workflows.models import Price, User
from workflows.services import activity
from workflows.services.access import require


def save(price: Price, *, by: User | None) -> None:
    """Keep a new or changed price. Raises Forbidden."""
    known = Price.objects.filter(pk=price.pk).first()
    require(by, "workflows.change_price" if known else "workflows.add_price")
    with transaction.atomic():
        price.save()
        activity.record_change(
            "price", price, by=by, before=_described(known) if known else None, after=_described(price)
        )


def delete(price: Price, *, by: User | None) -> None:
    """Strike it out: what it was the price of costs again what the earlier row says. Raises Forbidden."""
    require(by, "workflows.delete_price")
    with transaction.atomic():
        activity.record("price.delete", price, by=by, before=_described(price))
        price.delete()


def _described(price: Price) -> dict[str, Any]:
    return {
        "region": price.region,
        "item": price.item,
        "valid_from": price.valid_from.isoformat(),
        "amount": format(price.amount.normalize(), "f"),
        "currency": price.currency,
    }
