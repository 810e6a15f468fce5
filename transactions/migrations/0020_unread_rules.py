"""Which rule a Choice failed at because it could not be read: a column that may be empty, so that no row is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transactions", "0019_lean_indexes")]

    operations = [
        migrations.AddField(
            "choiceresult",
            "unread",
            models.PositiveIntegerField(
                blank=True, help_text="Index from 0 of the rule that could not be read: it failed there.", null=True
            ),
        ),
        migrations.AlterField(
            "choiceresult",
            "next",
            models.CharField(blank=True, default="", help_text="Observed; empty when it led nowhere.", max_length=80),
        ),
    ]
