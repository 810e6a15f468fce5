"""What a workflow's file calls it: a title that somebody gave here stays until the file has another."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0044_price_says_what_it_takes"),
    ]

    operations = [
        migrations.AddField(
            model_name="workflow",
            name="offered_title",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=120),
        ),
    ]
