"""A negative price is refused in words; the constraint in the database stays as it is."""

from django.core.validators import MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0043_schedule_keys"),
    ]

    operations = [
        migrations.AlterField(
            model_name="price",
            name="amount",
            field=models.DecimalField(
                max_digits=20,
                decimal_places=14,
                validators=[MinValueValidator(0)],
                help_text="Of one unit, in the currency.",
            ),
        ),
    ]
