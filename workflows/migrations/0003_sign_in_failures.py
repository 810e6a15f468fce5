"""Failed sign-ins, counted against the next ones; the groups may look at them as at everything else."""

from importlib import import_module

from django.db import migrations, models


def seed(apps, schema_editor):
    """As for every other model."""
    import_module("workflows.migrations.0002_roles").seed(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_roles")]

    operations = [
        migrations.CreateModel(
            name="SignInFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name_digest",
                    models.CharField(help_text="SHA-256 of the name as typed, in small letters.", max_length=64),
                ),
                ("address", models.CharField(max_length=45)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["name_digest", "at"], name="signinfailure_of_name"),
                    models.Index(fields=["address", "at"], name="signinfailure_of_address"),
                    models.Index(fields=["at"], name="signinfailure_age"),
                ],
            },
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
