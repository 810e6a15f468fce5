"""A schedule is known by its name, so that it stays the same one when it comes at other times."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def rename(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    rows = apps.get_model("workflows", "Trigger").objects.using(editor.connection.alias)
    for row in rows.filter(definition__type="schedule").order_by("pk"):
        key = f"schedule {row.definition['name']}"
        twins = rows.filter(environment=row.environment_id, function=row.function_id, key=key)
        if not twins.exists():
            rows.filter(pk=row.pk).update(key=key)


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0042_problems_of_code"),
    ]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
