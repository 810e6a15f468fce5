"""What Django refuses to start with. Only what would be unsafe without anybody noticing."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

SHORTEST_KEY = 50


@register(Tags.security)
def check_secret_key(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """In production the key must be given: one made up by each process would end everybody's session."""
    if not settings.PRODUCTION or len(settings.GIVEN_SECRET_KEY) >= SHORTEST_KEY:
        return []
    return [
        Error(
            f"SECRET_KEY is missing or shorter than {SHORTEST_KEY} characters.",
            hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            id="signalbox.E001",
        )
    ]
