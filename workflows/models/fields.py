"""Columns of our own."""

import json
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from workflows import encryption


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database holds encrypted. It cannot be searched for; empty stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in."""
        text = super().get_prep_value(value)
        return encryption.encrypt(text) if text else text

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """Decrypt on the way out."""
        return encryption.decrypt(value) if value else value


class EncryptedJSONField(EncryptedTextField):
    """A JSON value that the database holds encrypted, however empty it is."""

    def get_prep_value(self, value: Any) -> Any:
        """Write it down, and encrypt that."""
        return super().get_prep_value(json.dumps(value, sort_keys=True))

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """Decrypt it, and read that."""
        text = super().from_db_value(value)
        return json.loads(text) if text else None

    def to_python(self, value: Any) -> Any:
        """A value is itself."""
        return value


class OrderedObjectField(models.JSONField):
    """A JSON object whose members keep their order, which PostgreSQL's jsonb forgets: it is held as a list of pairs."""

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        """Write the pairs."""
        pairs = [*value.items()] if isinstance(value, dict) else value
        return super().get_db_prep_value(pairs, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """Read the pairs; an object is from before there were any."""
        held = super().from_db_value(value, expression, connection)
        return dict(held) if isinstance(held, list) else held
