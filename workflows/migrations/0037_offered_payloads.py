"""Keeps which payloads of its function.toml a function was offered, so that a deleted one stays deleted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0036_deletions"),
    ]

    operations = [
        migrations.AddField(
            model_name="function",
            name="offered_payloads",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                help_text="SHA-256 of each that its function.toml has named, by name.",
            ),
        ),
    ]
