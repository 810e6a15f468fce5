"""Business keys keep the order they are written in, on PostgreSQL too. Rows of before are read as they are."""

from django.db import migrations

import workflows.models.fields


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_squashed_0025")]

    operations = [
        migrations.AlterField(
            "workflowrevision",
            "keys",
            workflows.models.fields.OrderedObjectField(
                blank=True, default=dict, help_text="Business keys: name to path in the input."
            ),
        ),
    ]
