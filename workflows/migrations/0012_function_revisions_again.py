"""A function may go back to what it was: a further revision, so that the newest is what was saved last."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0011_heard_facts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="functionrevision",
            name="one_function_revision_per_content",
        ),
    ]
