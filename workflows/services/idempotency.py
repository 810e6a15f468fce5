"""Does once what a request with a key asks for: the first answer is kept beside what was made, and given again.

Every operation that creates something uses it, pages and API alike; it knows nothing of what is made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import DataError, connection, transaction
from django.db.models import Model

from workflows import statements
from workflows.models import IdempotencyKey, User

LONGEST = 255
KEPT = timedelta(days=180)  # AWS lets an execution's name be used again after 90
_DIVISION_BY_ZERO = "22012"
_HOLD = "pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with: `body` is JSON text, `subject` the id of what it made."""

    status: int = 201
    body: str = ""
    subject: str = ""
    is_replayed: bool = False


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Stands for all that a request asks for: a SHA-256, by which its key is known from now on.

    `former` is the one that versions before took of the same request: their keys are kept, and known by it.
    """

    digest: str
    former: Callable[[], str] | None = None

    def fits(self, kept: str) -> bool:
        """Whether the request that was kept asked for the same."""
        return kept == self.digest or (self.former is not None and kept == self.former())


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer, and the rows that make it true once they are written."""

    answer: Answer
    rows: Sequence[Model]


class KeyReused(Exception):
    """The key was used before: for something else, or within other bounds."""


class KeyInFlight(Exception):
    """A request with the same key is being worked on at this moment."""


def once(key: str, fingerprint: Fingerprint, make: Callable[[], Answer], *, by: User) -> Answer:
    """What `make` answers the first time `by` names `key`; the same again, whenever it is repeated.

    Whatever `make` writes is committed together with its answer; what it raises leaves the key free.
    Raises KeyReused, KeyInFlight.
    """
    with transaction.atomic():
        if earlier := _held(by, key):
            return _again(earlier, fingerprint)
        answer = make()
        statements.insert_all([_kept(key, fingerprint, answer, by)])
    return answer


def once_in_rows(key: str, fingerprint: Fingerprint, draft: Callable[[], Draft], *, by: User) -> Answer:
    """The same for what is made of new rows alone: they and the answer are written at once, the key among them.

    `draft` only reads. What it raises, or the database of a row, counts only where the key has no answer yet.
    """
    try:
        made = draft()
        _write([_kept(key, fingerprint, made.answer, by), *made.rows], by, key)
    except KeyInFlight:
        raise
    except Exception:
        if earlier := IdempotencyKey.objects.filter(user=by, key=key).first():
            return _again(earlier, fingerprint)
        raise
    return made.answer


def _kept(key: str, fingerprint: Fingerprint, answer: Answer, by: User) -> IdempotencyKey:
    named = {"subject": answer.subject, "status": answer.status, "body": answer.body}
    return statements.new(IdempotencyKey, user=by, key=key, fingerprint=fingerprint.digest, **named)


def _write(rows: Sequence[Model], by: User, key: str) -> None:
    if connection.vendor != "postgresql":
        statements.commit_all(rows)
        return
    # Dividing by a hold that was not got is how one statement among several calls them all off.
    hold = (f"SELECT 1 / ({_HOLD})::int", [_name(by, key)])
    try:
        statements.commit_all(rows, first=[hold])
    except DataError as error:
        if getattr(error.__cause__, "sqlstate", None) == _DIVISION_BY_ZERO:
            raise KeyInFlight from error
        raise


def _held(by: User, key: str) -> IdempotencyKey | None:
    """The answer there is. Where there is none, nobody else may make one until the transaction is over.

    On PostgreSQL what another request holds is refused at once; SQLite lets one writer in at a time anyway.
    """
    if connection.vendor == "postgresql":
        held = statements.first(f"SELECT {_HOLD}", _name(by, key))
        if held != (True,):
            raise KeyInFlight
    return IdempotencyKey.objects.filter(user=by, key=key).first()


def _name(by: User, key: str) -> str:
    return f"{by.pk} {key}"


def _again(earlier: IdempotencyKey, fingerprint: Fingerprint) -> Answer:
    if not fingerprint.fits(earlier.fingerprint):
        raise KeyReused
    return Answer(earlier.status, earlier.body, earlier.subject, is_replayed=True)
