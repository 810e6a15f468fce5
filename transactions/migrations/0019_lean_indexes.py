"""Indexes that nothing is found by go: each was written anew at every step of every transaction."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workflows.indexing import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("transactions", "0018_unique_references"),
        ("workflows", "0001_initial"),
    ]

    operations = [
        AddIndexInUse(
            "transaction",
            models.Index(
                fields=["rerun_of"], condition=models.Q(("rerun_of__isnull", False)), name="transaction_rerun"
            ),
        ),
        migrations.AlterField(
            "transaction",
            "rerun_of",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reruns",
                to="transactions.transaction",
            ),
        ),
        migrations.AlterField(
            "transaction",
            "workflow",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.workflow"
            ),
        ),
        migrations.AlterField(
            "transaction",
            "revision",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workflows.workflowrevision",
            ),
        ),
        migrations.AlterField(
            "transaction",
            "created_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "transaction",
            "stop_requested_by",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
