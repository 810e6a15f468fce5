"""What somebody wanted a trigger to be tested with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0030_alias_moves"),
    ]

    operations = [
        migrations.AddField(
            model_name="triggertest",
            name="payload",
            field=models.TextField(blank=True, default="", help_text="What is to be sent."),
        ),
    ]
