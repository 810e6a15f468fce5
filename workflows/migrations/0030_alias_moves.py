"""What a deployment did to its function's alias, and where that led once the deployment had failed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0029_shares_and_smoke_tests"),
    ]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="alias_move",
            field=models.JSONField(
                blank=True,
                help_text="Where the alias led before this moved it, where to, and whether it leads back again.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="deployment",
            name="outcome",
            field=models.TextField(
                blank=True, default="", help_text="Which version has the calls since this deployment failed."
            ),
        ),
    ]
