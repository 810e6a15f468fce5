"""What AWS charges, as somebody here has written it down: dated, by region."""

from django.core.validators import MinValueValidator
from django.db import models


class Price(models.Model):
    """One price of one region from a day on, until a later row of the same item takes its place."""

    class Item(models.TextChoices):
        GB_SECOND = "lambda.gb-second", "Lambda, GB-second on x86_64"
        GB_SECOND_ARM = "lambda.gb-second.arm64", "Lambda, GB-second on arm64"
        REQUEST = "lambda.request", "Lambda, request"
        STORAGE_GB_SECOND = "lambda.storage-gb-second", "Lambda, GB-second of ephemeral storage above 512 MB"

    region = models.CharField(max_length=32)
    item = models.CharField(max_length=40, choices=Item.choices)
    valid_from = models.DateField()
    amount = models.DecimalField(
        max_digits=20,
        decimal_places=14,
        validators=[MinValueValidator(0)],
        help_text="Of one unit, in the currency.",
    )
    currency = models.CharField(max_length=3, default="USD")

    class Meta:
        ordering = ["region", "item", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["region", "item", "valid_from"], name="one_price_from_a_day"),
            models.CheckConstraint(name="price_not_negative", condition=models.Q(amount__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.item} from {self.valid_from}"
