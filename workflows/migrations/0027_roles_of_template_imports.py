"""Lets every group look at files that were given to be taken as at everything else."""

from importlib import import_module

from django.db import migrations


def seed(apps, schema_editor):
    """As for every other model."""
    import_module("workflows.migrations.0002_roles").seed(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0026_template_imports")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
