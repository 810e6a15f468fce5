"""What calls an imported function in AWS and was not taken over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0031_trigger_test_payloads"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="left",
            field=models.JSONField(
                blank=True, default=list, help_text="What calls it in AWS and was not taken over, in words."
            ),
        ),
    ]
