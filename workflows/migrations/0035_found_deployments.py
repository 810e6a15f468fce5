"""Lets what was found in AWS stand for a deployment, and keeps where an imported function writes its log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0034_trigger_test_errors"),
    ]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="is_found",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Not brought there from here: AWS had it so when it was imported, under the name in its ARN.",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="log_group",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Where a function writes its log.", max_length=512
            ),
        ),
        migrations.AlterField(
            model_name="trigger",
            name="status",
            field=models.CharField(
                choices=[
                    ("defined", "Not deployed"),
                    ("pending", "Being set up"),
                    ("live", "Live"),
                    ("failed", "Failed"),
                    ("found", "In AWS, not taken over yet"),
                    ("leaving", "Goes with the next deployment"),
                    ("edited", "Changed, not deployed"),
                    ("gone", "Gone in AWS"),
                    ("changed", "Not as deployed in AWS"),
                ],
                default="pending",
                max_length=12,
            ),
        ),
    ]
