"""Columns of our own."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute

from workflows import encryption


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the database holds of a secret, until somebody asks for it."""

    token: str


class _Opening(DeferredAttribute):
    """Decrypts when the value is asked for, so that a lost key costs what needs it and not every row that is listed."""

    field: "EncryptedTextField"

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[self.field.attname] = self.field.opened(value)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database holds encrypted. It cannot be searched for; empty stays empty.

    Asking a row for it raises encryption.Unreadable where it was encrypted with a key that is not there.
    """

    descriptor_class = _Opening

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in."""
        if isinstance(value, Sealed):
            return value.token
        text = super().get_prep_value(value)
        return encryption.encrypt(text) if text else text

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """Leave it sealed on the way out."""
        return Sealed(value) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """What nobody has asked for is kept as it is."""
        value = model_instance.__dict__.get(self.attname)
        return value if isinstance(value, Sealed) else super().pre_save(model_instance, add)

    def opened(self, sealed: Sealed) -> Any:
        """The value. Raises encryption.Unreadable."""
        return encryption.decrypt(sealed.token)


class EncryptedJSONField(EncryptedTextField):
    """A JSON value that the database holds encrypted, however empty it is."""

    def get_prep_value(self, value: Any) -> Any:
        """Write it down, and encrypt that."""
        return super().get_prep_value(value if isinstance(value, Sealed) else json.dumps(value, sort_keys=True))

    def opened(self, sealed: Sealed) -> Any:
        """Read what was written down."""
        return json.loads(super().opened(sealed))

    def to_python(self, value: Any) -> Any:
        """A value is itself."""
        return value


def readable(row: models.Model, name: str) -> str:
    """The secret in the column; empty where it cannot be decrypted any more."""
    try:
        return str(getattr(row, name))
    except encryption.Unreadable:
        return ""


def is_kept(row: models.Model, name: str) -> bool:
    """Whether there is any secret in the column, without decrypting it."""
    return bool(row.__dict__.get(name))


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
