"""From an environment's row to what the gateway needs to reach it, and notes of whether it could be reached."""

from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone

from workflows.aws.clients import Target
from workflows.models import Environment, User

# Written at most this often, so that a busy worker does not rewrite one row a thousand times a second.
NOTE_EVERY_S = 2


def target_of(environment: Environment, *, by: User | None = None) -> Target:
    """The place `environment` names; calls there are made in the name of `by`."""
    return Target(
        environment=environment.slug,
        region=environment.region,
        endpoint_url=settings.EMBEDDED_AWS_ENDPOINT_URL if environment.is_embedded else None,
        role_arn=environment.role_arn or None,
        external_id=environment.external_id or None,
        session_name=by.get_username() if by else "signalbox",
        account=environment.account_id,
    )


def note_reached(environments: Iterable[Environment]) -> None:
    """AWS answered just now."""
    now = timezone.now()
    for environment in environments:
        fresh = environment.reached_at and (now - environment.reached_at).total_seconds() < NOTE_EVERY_S
        if not fresh or environment.unreachable_since:
            Environment.objects.filter(pk=environment.pk).update(reached_at=now, unreachable_since=None, problem="")


def note_unreachable(environment: Environment, problem: str) -> None:
    """AWS did not answer, or would not."""
    Environment.objects.filter(pk=environment.pk).update(problem=problem)
    Environment.objects.filter(pk=environment.pk, unreachable_since__isnull=True).update(
        unreachable_since=timezone.now()
    )
