"""Activity is found by who did it and by what was done, however many rows there are."""

from django.db import migrations, models

from workflows.indexing import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("workflows", "0006_kept_answers"),
    ]

    operations = [
        AddIndexInUse("activity", models.Index(fields=["by_name", "-id"], name="activity_of_person")),
        AddIndexInUse("activity", models.Index(fields=["action", "-id"], name="activity_of_action")),
    ]
