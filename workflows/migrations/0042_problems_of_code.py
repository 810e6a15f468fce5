"""A function's revision keeps what was said of its code's syntax when it was saved; of those before nothing was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0041_replaced_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="functionrevision",
            name="problems",
            field=models.JSONField(
                blank=True,
                db_default=[],
                default=list,
                help_text="What was wrong with its code's syntax when it was saved.",
            ),
        ),
    ]
