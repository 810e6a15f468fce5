"""What a hook was not told while it was off or not verified: a column with a default, so that no row is written."""

from django.db import migrations, models

from workflows.indexing import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("transactions", "0020_unread_rules")]

    operations = [
        migrations.AddField(
            "delivery",
            "is_missed",
            models.BooleanField(
                db_default=False, default=False, help_text="It fits the hook, which was off or not verified then."
            ),
        ),
        AddIndexInUse(
            "delivery",
            models.Index(
                condition=models.Q(("is_missed", True), ("status", "not_sent")), fields=["hook"], name="delivery_missed"
            ),
        ),
    ]
