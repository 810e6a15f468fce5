"""Gives the groups viewer, operator, developer and admin what they may do with transactions."""

from importlib import import_module

from django.db import migrations

VIEWER = ("view_",)
OPERATOR = (*VIEWER, "submit", "stop", "rerun")
MAY = {"viewer": VIEWER, "operator": OPERATOR, "developer": OPERATOR, "admin": ("",)}


def seed(apps, schema_editor):
    """Give each group the permissions whose codenames begin with one of its words."""
    import_module("workflows.migrations.0002_roles").make_permissions(apps, schema_editor, "transactions")
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="transactions")
    for role, words in MAY.items():
        group = apps.get_model("auth", "Group").objects.get(name=role)
        group.permissions.add(*(one for one in permissions if one.codename.startswith(words)))


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0002_relations"),
        ("workflows", "0002_roles"),
    ]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
