"""A token knows the one that replaces it, so that it is not rotated twice."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0040_workflow_roles"),
    ]

    operations = [
        migrations.AddField(
            model_name="token",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="workflows.token",
            ),
        ),
    ]
