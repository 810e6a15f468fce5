"""How many requests a row of an inbound hook's log stands for: a column with a default, so that no row is written."""

from django.db import migrations, models

from workflows.indexing import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("transactions", "0022_redriven_visits")]

    operations = [
        migrations.AddField(
            "inboundrequest",
            "times",
            models.PositiveIntegerField(db_default=1, default=1, help_text="How many requests this row stands for."),
        ),
        AddIndexInUse(
            "inboundrequest",
            models.Index(
                condition=models.Q(("status__in", (401, 404, 413, 503))),
                fields=["received_at", "hook"],
                name="inbound_of_unknown",
            ),
        ),
    ]
