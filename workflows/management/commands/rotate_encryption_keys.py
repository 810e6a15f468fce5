"""`manage.py rotate_encryption_keys`: bring every secret under the first of SIGNALBOX_ENCRYPTION_KEYS.

Afterwards the other keys may be taken away. It may be stopped and run again.
"""

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models
from django.db.models.functions import Cast

from workflows import encryption
from workflows.models.fields import EncryptedTextField


class Command(BaseCommand):
    help = "Encrypt every secret anew with the first of SIGNALBOX_ENCRYPTION_KEYS."

    def handle(self, **_: object) -> None:
        count = sum(
            _rotate(model, field.attname)
            for model in apps.get_models()
            for field in model._meta.concrete_fields
            if isinstance(field, EncryptedTextField)
        )
        self.stdout.write(f"{count} secrets are under the first key.")


def _rotate(model: type[models.Model], name: str) -> int:
    """Rewrite one column row by row, each only if nobody changed it meanwhile."""
    rows = model._default_manager.exclude(**{name: ""}).exclude(**{f"{name}__isnull": True})
    as_kept = Cast(name, models.TextField())
    count = 0
    for pk, kept in rows.annotate(_kept=as_kept).order_by("pk").values_list("pk", "_kept").iterator():
        new = models.Value(encryption.rotate(kept), output_field=models.TextField())
        count += rows.annotate(_kept=as_kept).filter(pk=pk, _kept=kept).update(**{name: new})
    return count
