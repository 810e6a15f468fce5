"""The list is always of one environment: indexes that hold it are walked in order, and counted without the rows."""

from django.db import migrations, models

from workflows.indexing import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("transactions", "0009_roles_of_presets"),
    ]

    operations = [
        AddIndexInUse(
            "transaction", models.Index(fields=["workflow", "status", "environment", "-id"], name="transaction_listed")
        ),
        AddIndexInUse(
            "transaction", models.Index(fields=["status", "environment", "-id"], name="transaction_listed_by_status")
        ),
        migrations.RemoveIndex("transaction", "transaction_by_workflow"),
        migrations.RemoveIndex("transaction", "transaction_by_status"),
    ]
