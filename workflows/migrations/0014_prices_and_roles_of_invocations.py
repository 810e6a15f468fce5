"""Writes down AWS's list prices of Lambda, and lets the groups look at and make invocations."""

from datetime import date
from decimal import Decimal
from importlib import import_module

from django.db import migrations

# Lambda has been billed by the millisecond since then. Other regions charge otherwise: they are written down by hand.
SINCE = date(2020, 12, 1)
REGIONS = ("us-east-1", "us-east-2", "us-west-2")
AMOUNTS = {
    "lambda.gb-second": Decimal("0.0000166667"),
    "lambda.gb-second.arm64": Decimal("0.0000133334"),
    "lambda.request": Decimal("0.0000002"),
    "lambda.storage-gb-second": Decimal("0.0000000309"),
}


def seed(apps, schema_editor):
    """What is seeded may be edited; a price that is there already stays."""
    import_module("workflows.migrations.0002_roles").seed(apps, schema_editor)
    price = apps.get_model("workflows", "Price")
    price.objects.bulk_create(
        [
            price(region=region, item=item, valid_from=SINCE, amount=amount, currency="USD")
            for region in REGIONS
            for item, amount in AMOUNTS.items()
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("workflows", "0013_invocations_and_prices")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
