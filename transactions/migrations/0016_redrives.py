"""What failed can go on where it failed: who asked for it, and why AWS would not."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workflows.indexing import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("transactions", "0015_token_digests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="redrive_problem",
            field=models.TextField(blank=True, default="", help_text="Why AWS would not redrive it."),
        ),
        migrations.AddField(
            model_name="transaction",
            name="redrive_requested_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="transaction",
            name="redrive_requested_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        AddIndexInUse(
            "transaction",
            models.Index(
                fields=["redrive_requested_at"],
                condition=models.Q(redrive_requested_at__isnull=False),
                name="transaction_to_redrive",
            ),
        ),
    ]
