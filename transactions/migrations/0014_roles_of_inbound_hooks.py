"""Lets every group look at inbound hooks."""

from importlib import import_module

from django.db import migrations


def seed(apps, schema_editor):
    """As for every other model."""
    import_module("transactions.migrations.0003_roles").seed(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("transactions", "0013_inbound_hooks")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
