"""A workflow may run as a role that was made elsewhere, as a function may."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0039_roleless_triggers"),
    ]

    operations = [
        migrations.AddField(
            model_name="workflowrevision",
            name="custom_role_arn",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Made elsewhere; empty: one is made for it.",
                max_length=600,
            ),
        ),
    ]
