"""Starts accepted transactions in AWS, and settles those whose start ended in the unknown.

Never inside a database transaction. A transaction's id is its execution's name, so AWS itself refuses a second start.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, DateTimeField, F, QuerySet
from django.utils import timezone

from transactions.models import Execution, Transaction
from transactions.services import endings
from workflows.aws import errors, stepfunctions
from workflows.claims import EachItsOwn, claim_due, release
from workflows.jobs.targets import note_reached, note_unreachable, target_of
from workflows.jobs.turns import in_turn
from workflows.models import Deployment, Environment
from workflows.services import facts

BATCH = 100
RELATED = ("deployment", "environment", "created_by")
THREADS = 8
FIRST_LOOK = timedelta(seconds=0.25)  # most executions are over by then, and one read of the history is enough
LONGEST_WAIT_S = 30
TO_APPEAR = timedelta(minutes=1)  # how long what AWS does not know may only be new to it
TO_BE_RESTORED = timedelta(seconds=10)  # until what an AWS that is back has lost is being deployed again
NAME_CONFLICT = "NameConflict"
VERSION_LOST = "VersionLost"
NO_VERSION = (
    "AWS has lost the version of the workflow this was accepted for, and it was not deployed again since. "
    "Run it again to use what is live now."
)


@dataclass(frozen=True, slots=True)
class Started:
    """AWS runs it."""

    row: Transaction
    arn: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """AWS will never run it."""

    row: Transaction
    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """AWS certainly does not have it: it may be sent again."""

    row: Transaction
    why: str
    wait: timedelta
    is_reached: bool = False  # AWS answered, and may take it in a moment


@dataclass(frozen=True, slots=True)
class NoMachine:
    """AWS does not know the state machine, or not yet."""

    row: Transaction
    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class InTheUnknown:
    """AWS may have it: to be settled by looking, not by sending."""

    row: Transaction
    why: str
    is_reached: bool = False


Outcome = Started | Refused | NotSent | NoMachine | InTheUnknown


def drain() -> int:
    """Start whatever is due, batch by batch, the environments in turn; give how many AWS answered for."""
    return in_turn(_start_batch, BATCH)


def settle() -> int:
    """Look in AWS for what was being started when a worker died or an answer was lost; give how many were looked at."""
    return in_turn(_look_at_batch, BATCH)


def _start_batch(environment: Environment, most: int) -> int:
    return _work_on(_start, _claim_batch(environment, most))


def _look_at_batch(environment: Environment, most: int) -> int:
    due = _due("starting").filter(environment=environment)
    return _work_on(_look, claim_due(due, most, *RELATED))


def _claim_batch(environment: Environment, most: int) -> list[Transaction]:
    due = _due("accepted").filter(environment=environment, stop_requested_at__isnull=True)
    changes = {"status": "starting", "attempts": F("attempts") + 1, "version": F("version") + 1}
    return claim_due(due, most, *RELATED, **changes)


def _due(status: str) -> QuerySet[Transaction]:
    return Transaction.objects.filter(status=status, next_attempt_at__lte=timezone.now()).order_by("next_attempt_at")


def _work_on(work: Callable[[Transaction], Outcome], rows: list[Transaction]) -> int:
    """Ask AWS about each and write down what came of it; give for how many it answered."""
    outcomes = _on_threads(work, rows)
    _write(outcomes)
    return sum(not isinstance(one, NotSent | InTheUnknown) or one.is_reached for one in outcomes)


def _on_threads(work: Callable[[Transaction], Outcome], rows: list[Transaction]) -> list[Outcome]:
    if len(rows) < 2:
        return [work(row) for row in rows]
    with ThreadPoolExecutor(min(THREADS, len(rows)), thread_name_prefix="start") as pool:
        return list(pool.map(work, rows))


# ---- talking to AWS: no database in here, these run on threads


def _start(row: Transaction) -> Outcome:
    if not row.deployment.version_arn:
        return Refused(row, VERSION_LOST, NO_VERSION)
    try:
        started = stepfunctions.start_execution(
            target_of(row.environment, by=row.created_by),
            machine_arn=row.deployment.version_arn,
            name=str(row.pk),
            input=row.input,
        )
    except errors.Conflict:
        return _look(row)
    except errors.Unknown as error:
        return InTheUnknown(row, str(error))
    except errors.Transient as error:
        return NotSent(row, str(error), _backoff(row), is_reached=isinstance(error, errors.Throttled))
    except errors.NotFound as error:
        return NoMachine(row, error.code, error.message)
    except errors.AwsError as error:
        return Refused(row, error.code, error.message)
    return Started(row, started.arn, started.started_at)


def _look(row: Transaction) -> Outcome:
    """Describe the execution under its derived ARN: adopt it, or say that AWS has none or another's."""
    arn = stepfunctions.execution_arn(row.deployment.resource_arn, str(row.pk))
    try:
        found = stepfunctions.describe_execution(target_of(row.environment, by=row.created_by), arn)
    except errors.NotFound:
        return NotSent(row, "", timedelta(0), is_reached=True)
    except errors.AwsError as error:
        return InTheUnknown(row, str(error), is_reached=isinstance(error, errors.Throttled))
    if found.input != row.input:
        return Refused(row, NAME_CONFLICT, f"AWS has an execution named {row.pk} with another input.")
    return Started(row, found.arn, found.started_at)


def _backoff(row: Transaction) -> timedelta:
    return timedelta(seconds=min(LONGEST_WAIT_S, 2 ** min(row.attempts - 1, 10)))


# ---- writing down what came of it


def _write(outcomes: Iterable[Outcome]) -> None:
    outcomes = list(outcomes)
    _write_started([outcome for outcome in outcomes if isinstance(outcome, Started)])
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            endings.end(outcome.row.pk, "failed", only_from=("starting",), error=outcome.error, cause=outcome.cause)
        elif isinstance(outcome, NoMachine):
            _wait_for_machine(outcome)
        elif isinstance(outcome, NotSent):
            _back_to_accepted(outcome)
        elif isinstance(outcome, InTheUnknown):
            _look_again_later(outcome)


def _write_started(started: list[Started]) -> None:
    """One UPDATE for the transactions, one for their executions, whatever their number."""
    if not started:
        return
    now = timezone.now()
    at = EachItsOwn({one.row.pk: one.at for one in started}, DateTimeField())
    arn = EachItsOwn({one.row.pk: one.arn for one in started}, CharField())
    with transaction.atomic():
        starting = Transaction.objects.select_for_update().filter(status="starting")
        pks = list(starting.filter(pk__in=[one.row.pk for one in started]).values_list("pk", flat=True))
        Transaction.objects.filter(pk__in=pks).update(
            status="running",
            started_at=at,
            claim=None,
            claimed_until=None,
            next_attempt_at=None,
            waiting_since=None,
            waiting_for="",
            stuck_since=None,
            version=F("version") + 1,
        )
        Execution.objects.filter(pk__in=pks, arn="").update(arn=arn, status="RUNNING", next_sync_at=now + FIRST_LOOK)
        facts.tell_all(("transaction.started", str(pk), {}) for pk in pks)
    note_reached({one.row.environment for one in started})


def _back_to_accepted(outcome: NotSent) -> None:
    row, now = outcome.row, timezone.now()
    waits = bool(outcome.why)
    release(
        row,
        status="accepted",
        next_attempt_at=now + outcome.wait,
        waiting_since=(row.waiting_since or now) if waits else row.waiting_since,
        waiting_for=outcome.why,
        version=F("version") + 1,
    )
    if outcome.is_reached:
        note_reached([row.environment])
        return
    note_unreachable(row.environment, outcome.why)
    _let_wait(row.environment, outcome.why)


def _let_wait(environment: Environment, why: str) -> None:
    """Whatever else is due there waits for the same: one row at a time is tried until AWS answers."""
    now = timezone.now()
    due = _due("accepted").filter(environment=environment, waiting_since__isnull=True)
    due.order_by().update(waiting_since=now, waiting_for=why, version=F("version") + 1)


def _wait_for_machine(outcome: NoMachine) -> None:
    """A machine just published is not known everywhere, and one of an AWS that is only just back is put there again."""
    row, now = outcome.row, timezone.now()
    was_away = row.environment.unreachable_since is not None
    coming = Deployment.objects.filter(
        environment=row.environment_id, workflow=row.workflow_id, status__in=["requested", "running"]
    )
    if was_away or now - row.created_at < TO_APPEAR or coming.exists():
        wait = TO_BE_RESTORED if was_away else _backoff(row)
        _back_to_accepted(NotSent(row, f"{outcome.error}: {outcome.cause}", wait, is_reached=True))
    else:
        endings.end(row.pk, "failed", only_from=("starting",), error=outcome.error, cause=outcome.cause)


def _look_again_later(outcome: InTheUnknown) -> None:
    row, now = outcome.row, timezone.now()
    if not outcome.is_reached:
        note_unreachable(row.environment, outcome.why)
    release(
        row,
        next_attempt_at=now + timedelta(seconds=2),
        waiting_since=row.waiting_since or now,
        waiting_for=outcome.why,
        version=F("version") + 1,
    )
