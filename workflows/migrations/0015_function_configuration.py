"""All that AWS lets one configure of a function; environment variables are encrypted from here on."""

from importlib import import_module

from django.db import migrations, models

import workflows.models.fields

BATCH = 50


def encrypt(apps, schema_editor):
    """Take over what was kept in the clear."""
    revisions = apps.get_model("workflows", "FunctionRevision").objects.only("pk", "environment")
    for revision in revisions.iterator(BATCH):
        revision.encrypted = revision.environment
        revision.save(update_fields=["encrypted"])


def seed(apps, schema_editor):
    """Who may see the values."""
    import_module("workflows.migrations.0002_roles").seed(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0014_prices_and_roles_of_invocations")]

    operations = [
        migrations.AlterModelOptions(
            name="functionrevision",
            options={
                "ordering": ["-number"],
                "permissions": [("reveal", "Can see the values of environment variables")],
            },
        ),
        migrations.AddField("functionrevision", "architecture", models.CharField(default="x86_64", max_length=8)),
        migrations.AddField(
            "functionrevision",
            "layers",
            models.JSONField(blank=True, default=list, help_text="ARNs of layer versions, in order."),
        ),
        migrations.AddField(
            "functionrevision",
            "storage_mb",
            models.PositiveIntegerField(default=512, help_text="Ephemeral storage."),
        ),
        migrations.AddField(
            "functionrevision",
            "concurrency",
            models.PositiveIntegerField(blank=True, help_text="Reserved; empty: none is.", null=True),
        ),
        migrations.AddField(
            "functionrevision",
            "dead_letter_arn",
            models.CharField(
                blank=True,
                default="",
                help_text="Queue or topic that gets what could not be handled.",
                max_length=300,
            ),
        ),
        migrations.AddField(
            "functionrevision",
            "custom_role_arn",
            models.CharField(
                blank=True, default="", help_text="Made elsewhere; empty: one is made for it.", max_length=600
            ),
        ),
        migrations.AddField("functionrevision", "tags", models.JSONField(blank=True, default=dict)),
        migrations.AddField("functionrevision", "encrypted", workflows.models.fields.EncryptedJSONField(default=dict)),
        migrations.RunPython(encrypt, migrations.RunPython.noop),
        migrations.RemoveField("functionrevision", "environment"),
        migrations.RenameField("functionrevision", "encrypted", "environment"),
        migrations.AlterField(
            "functionrevision",
            "environment",
            workflows.models.fields.EncryptedJSONField(
                blank=True, default=dict, help_text="Variables by name; they may be secrets."
            ),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
