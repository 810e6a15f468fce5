"""How often a visit was redriven: a column with a default, so that no row is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transactions", "0021_missed_deliveries")]

    operations = [
        migrations.AddField("visit", "redrives", models.PositiveSmallIntegerField(db_default=0, default=0)),
    ]
