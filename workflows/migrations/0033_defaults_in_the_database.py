"""Gives columns that were added late a default in the database, so that the version before them can still write rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0032_left_by_imports"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deployment",
            name="outcome",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Which version has the calls since this deployment failed.",
            ),
        ),
        migrations.AlterField(
            model_name="functionrevision",
            name="on_failure_arn",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Gets failed asynchronous calls with their error.",
                max_length=400,
            ),
        ),
        migrations.AlterField(
            model_name="import",
            name="left",
            field=models.JSONField(
                blank=True,
                db_default=[],
                default=list,
                help_text="What calls it in AWS and was not taken over, in words.",
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
                    ("leaving", "Goes with the next deployment"),
                    ("edited", "Changed, not deployed"),
                    ("gone", "Gone in AWS"),
                    ("changed", "Not as deployed in AWS"),
                ],
                default="pending",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="triggertest",
            name="payload",
            field=models.TextField(blank=True, db_default="", default="", help_text="What is to be sent."),
        ),
    ]
