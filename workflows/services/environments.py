"""Makes and changes environments. The settings about AWS are read here once, to make the first one."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from workflows.models import Environment, User
from workflows.models.environments import DEFAULT
from workflows.services import activity
from workflows.services.access import require

# What people set; the rest is written by workers, and must not be written over.
FIELDS = (
    "slug",
    "title",
    "is_embedded",
    "is_production",
    "colour",
    "region",
    "account_id",
    "role_arn",
    "external_id",
    "name_prefix",
    "permissions_boundary",
)


def ensure_default() -> Environment:
    """The environment `default`, made from the settings if there is none yet."""
    with transaction.atomic():
        environment, made = Environment.objects.get_or_create(slug=DEFAULT, defaults=_seed())
        if made:
            activity.record("environment.create", environment, by=None, after=_seed())
    return environment


class SlugTaken(Exception):
    """Somebody else made one of this slug meanwhile."""

    def __init__(self) -> None:
        super().__init__("There is an environment of this name already. Choose another.")


def save(environment: Environment, *, by: User | None) -> None:
    """Keep a new or changed environment. Raises Forbidden, SlugTaken."""
    known = Environment.objects.filter(pk=environment.pk).first()
    require(by, "workflows.change_environment" if known else "workflows.add_environment")
    with transaction.atomic():
        try:
            with transaction.atomic():
                environment.save(update_fields=FIELDS if known else None)
        except IntegrityError as taken:  # the slug is the only thing of which there is one
            raise SlugTaken from taken
        before = _described(known) if known else None
        activity.record_change("environment", environment, by=by, before=before, after=_described(environment))


def delete(environment: Environment, *, by: User | None) -> None:
    """Do away with an environment nothing was ever deployed to. Raises Forbidden, ProtectedError."""
    require(by, "workflows.delete_environment")
    with transaction.atomic():
        activity.record("environment.delete", environment, by=by, before=_described(environment))
        environment.delete()


def _seed() -> dict[str, object]:
    seed = settings.DEFAULT_ENVIRONMENT
    colour = Environment.Colour.RED if seed["is_production"] else Environment.Colour.GREEN
    return {**seed, "colour": colour}


def _described(environment: Environment) -> dict[str, Any]:
    return {name: getattr(environment, name) for name in FIELDS}
