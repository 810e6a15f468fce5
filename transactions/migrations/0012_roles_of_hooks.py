"""Lets every group look at hooks and their deliveries, and developers and admins manage them."""

from importlib import import_module

from django.db import migrations

MAY = {"developer": ("manage_hooks",)}


def seed(apps, schema_editor):
    """As for every other model; admins may do everything anyway."""
    import_module("transactions.migrations.0003_roles").seed(apps, schema_editor)
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="transactions")
    for role, codenames in MAY.items():
        group = apps.get_model("auth", "Group").objects.get(name=role)
        group.permissions.add(*permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [("transactions", "0011_hooks")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
