"""Makes and changes environments. The settings about AWS are read here once, to make the first one."""

from django.conf import settings
from django.db import transaction

from workflows.models import Environment
from workflows.models.environments import DEFAULT
from workflows.services import activity


def ensure_default() -> Environment:
    """The environment `default`, made from the settings if there is none yet."""
    with transaction.atomic():
        environment, made = Environment.objects.get_or_create(slug=DEFAULT, defaults=_seed())
        if made:
            activity.record("environment.create", environment, by=None, after=_seed())
    return environment


def _seed() -> dict[str, object]:
    seed = settings.DEFAULT_ENVIRONMENT
    colour = Environment.Colour.RED if seed["is_production"] else Environment.Colour.GREEN
    return {**seed, "colour": colour}
