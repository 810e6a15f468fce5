"""Marks deployments that a start asks for, of which nothing is left where AWS has everything."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0037_offered_payloads"),
    ]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="is_look",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Asked for at a start, to have again what AWS has lost: forgotten where AWS has it all.",
            ),
        ),
    ]
