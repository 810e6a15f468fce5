"""Does once what a request with a key asks for: the first answer is kept beside what was made, and given again.

Every operation that creates something uses it, pages and API alike; it knows nothing of what is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from workflows.models import IdempotencyKey, User

LONGEST = 255
KEPT = timedelta(days=180)  # AWS lets an execution's name be used again after 90


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with: `body` is JSON text, `subject` the id of what it made."""

    status: int = 201
    body: str = ""
    subject: str = ""
    is_replayed: bool = False


class KeyReused(Exception):
    """The key was used before, for something else."""


class KeyInFlight(Exception):
    """A request with the same key is being worked on at this moment."""


def once(key: str, fingerprint: str, make: Callable[[], Answer], *, by: User) -> Answer:
    """What `make` answers the first time `by` names `key`; the same again, whenever it is repeated.

    Whatever `make` writes is committed together with its answer; what it raises leaves the key free. The fingerprint
    stands for all that was asked for. Raises KeyReused, KeyInFlight.
    """
    with transaction.atomic():
        _hold(by, key)
        if earlier := IdempotencyKey.objects.filter(user=by, key=key).first():
            return _again(earlier, fingerprint)
        answer = make()
        IdempotencyKey.objects.create(
            user=by,
            key=key,
            fingerprint=fingerprint,
            subject=answer.subject,
            status=answer.status,
            body=answer.body,
        )
    return answer


def _hold(by: User, key: str) -> None:
    """On PostgreSQL, refuse at once what another request holds; SQLite lets one writer in at a time anyway."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{by.pk} {key}"])
        if not cursor.fetchone()[0]:
            raise KeyInFlight


def _again(earlier: IdempotencyKey, fingerprint: str) -> Answer:
    if earlier.fingerprint != fingerprint:
        raise KeyReused
    return Answer(earlier.status, earlier.body, earlier.subject, is_replayed=True)
