"""Seeds the groups viewer, operator, developer and admin with what they may do with functions and workflows."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEWER = ("view_",)
DEVELOPER = (*VIEWER, "deploy", "invoke", "reveal", "add_functionrevision", "add_workflowrevision")
MAY = {"viewer": VIEWER, "operator": VIEWER, "developer": DEVELOPER, "admin": ("",)}


def seed(apps, schema_editor):
    """Give each group the permissions whose codenames begin with one of its words."""
    make_permissions(apps, schema_editor, "workflows")
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="workflows")
    for role, words in MAY.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*(one for one in permissions if one.codename.startswith(words)))


def make_permissions(apps, schema_editor, label):
    """Make the permission rows now: Django itself makes them only after the last migration."""
    config = apps.get_app_config(label)
    config.models_module = True  # a historical app has none, and without one Django does nothing
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias, apps=apps)
    config.models_module = None


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("workflows", "0001_initial"),
    ]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
