"""Reads the history of executions that are due, and writes down what it tells: events, visits, branches, the end.

AWS is read outside any database transaction; then one short transaction writes.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from transactions.models import ChoiceResult, Event, Execution, Transaction, Visit
from transactions.services import endings
from transactions.statuses import FINAL
from workflows.asl import documents, history
from workflows.asl.history.events import details_of
from workflows.asl.model import StateMachine
from workflows.asl.parser import parse
from workflows.aws import errors, stepfunctions
from workflows.claims import claim_due, lease, release
from workflows.evaluation import evaluator
from workflows.jobs.targets import note_reached, note_unreachable, target_of
from workflows.jobs.turns import in_turn
from workflows.models import Environment
from workflows.services import facts

log = structlog.get_logger(__name__)

# AWS lets about 20 be read a second, and a run that somebody opens waits for what is claimed already.
BATCH = 8
THREADS = 4
WATCHED_EVERY = timedelta(seconds=1)
AFTER_A_PROBLEM = timedelta(seconds=5)
NOT_UNDERSTOOD = "Its history was read, but could not be understood; see the worker's log."
GONE = "ExecutionDoesNotExist"
WENT_WRONG = ("FAILED", "TIMED_OUT", "ABORTED")
ANSWERS = (errors.NotFound, errors.Throttled)


@dataclass(frozen=True, slots=True)
class Read:
    """What AWS told of one execution: its events, or why not."""

    execution: Execution
    events: list[dict[str, Any]]
    problem: errors.AwsError | None = None


def drain() -> int:
    """Read whatever is due, the environments in turn; give for how many AWS answered."""
    return in_turn(_read_batch, BATCH)


def _read_batch(environment: Environment, most: int) -> int:
    reads = _on_threads(_read, _claim_batch(environment, most))
    for one in reads:
        _write(one)
    return sum(one.problem is None or isinstance(one.problem, ANSWERS) for one in reads)


def _claim_batch(environment: Environment, most: int) -> list[Execution]:
    """What somebody looks at first, then what has failed or is stuck, then the rest; each oldest first."""
    now = timezone.now()
    first = Case(
        When(watched_until__gt=now, then=Value(0)),
        When(Q(transaction__stuck_since__isnull=False) | Q(status__in=WENT_WRONG), then=Value(1)),
        default=Value(2),
    )
    due = Execution.objects.filter(next_sync_at__lte=now, transaction__environment=environment).exclude(arn="")
    related = ("transaction__deployment", "transaction__environment", "transaction__workflow")
    return claim_due(due.order_by(first, "next_sync_at"), most, *related)


def _on_threads(work: Callable[[Execution], Read], rows: list[Execution]) -> list[Read]:
    if len(rows) < 2:
        return [work(row) for row in rows]
    with ThreadPoolExecutor(min(THREADS, len(rows)), thread_name_prefix="sync") as pool:
        return list(pool.map(work, rows))


def _read(execution: Execution) -> Read:
    """On a thread: no database in here."""
    target = target_of(execution.transaction.environment)
    try:
        events = [event for page in stepfunctions.execution_history(target, execution.arn) for event in page]
    except errors.AwsError as error:
        return Read(execution, [], error)
    return Read(execution, events)


# ---- writing down what was read


def _write(read: Read) -> None:
    if read.problem is not None:
        _note_problem(read.execution, read.problem)
        return
    try:
        _keep(read)
    except Exception:
        # One execution that cannot be understood must not keep the others from being read.
        log.exception("sync.failed", transaction=str(read.execution.pk))
        _keep_end_alone(read)
    note_reached([read.execution.transaction.environment])


def _keep(read: Read) -> None:
    execution = read.execution
    machine = parse(execution.definition_run).machine
    secrets = history.tokens(read.events, _templates(machine))
    events = [history.shape(event, secrets) for event in read.events]
    trace = history.trace(machine, events, evaluator())
    # Histories lag behind a little: the end of a run that AWS has redriven since is none.
    is_behind = trace.redrives < execution.redrives
    over = trace.status in FINAL and not is_behind
    now = timezone.now()
    changes: dict[str, Any] = {
        "status": "RUNNING" if is_behind else trace.status.upper(),
        "events_read": events[-1]["id"] if events else 0,
        "links": trace.links,
        "redrives": max(trace.redrives, execution.redrives),
        "token_digests": history.digests(secrets),
        "problem": "",
        "read_at": now if over else None,
        "next_sync_at": now + WATCHED_EVERY if is_behind or (not over and _is_watched(execution)) else None,
    }
    with transaction.atomic():
        if not release(execution, **changes):
            return  # the lease was lost: whoever has it now writes the same
        is_news = _keep_events(execution, events)
        if is_news:
            _replace_visits(execution, trace)
            taken = _taken(execution)
            _replace_choices(execution, trace)
            _tell_branches(execution, trace, taken)
        _move(execution.transaction, trace, over, is_news=is_news)


def _keep_end_alone(read: Read) -> None:
    """Whatever is wrong with the rest: a transaction that AWS has ended does not stay running here."""
    execution, now = read.execution, timezone.now()
    end = history.trace(None, read.events[-1:])
    over = end.status in FINAL and not execution.redrives
    with transaction.atomic():
        changes = {"status": end.status.upper()} if over else {}
        if release(execution, next_sync_at=None if over else now + lease(), problem=NOT_UNDERSTOOD, **changes) and over:
            _move(execution.transaction, end, over, is_news=True)


def _templates(machine: StateMachine | None) -> dict[str, Any]:
    """What each task sends, by state: where its definition names a task token, one is found."""
    states = machine.every_state() if machine else ()
    return {state.name: state.fields.get("Parameters", state.fields.get("Arguments")) for state in states}


def _is_watched(execution: Execution) -> bool:
    return execution.watched_until is not None and execution.watched_until > timezone.now()


def _keep_events(execution: Execution, events: list[dict[str, Any]]) -> bool:
    """Add the events not kept yet; False when there are none."""
    new = [event for event in events if event["id"] > execution.events_read]
    Event.objects.bulk_create(
        (
            Event(
                execution=execution,
                number=event["id"],
                previous=event.get("previousEventId"),
                type=event["type"],
                at=event["timestamp"],
                state=str(details.get("name", ""))[:80],
                details=dict(details),
            )
            for event in new
            for details in [details_of(event)]
        ),
        ignore_conflicts=True,
    )
    return bool(new)


def _replace_visits(execution: Execution, trace: history.Trace) -> None:
    execution.visits.all().delete()
    Visit.objects.bulk_create(
        Visit(
            execution=execution,
            position=position,
            state=visit.state,
            type=visit.type,
            status=visit.status,
            entered_event=visit.entered_event,
            exited_event=visit.exited_event,
            entered_at=visit.entered_at or execution.transaction.created_at,
            exited_at=visit.exited_at,
            input=visit.input or "",
            output=visit.output or "",
            attempts=[attempt.as_dict() for attempt in visit.attempts],
            path=[step.as_dict() for step in visit.path],
            iterations=[iteration.as_dict() for iteration in visit.iterations],
            next=visit.next or "",
            error=(visit.error or "")[:256],
            cause=visit.cause or "",
            redrives=visit.redrives,
        )
        for position, visit in enumerate(trace.visits)
    )


def _replace_choices(execution: Execution, trace: history.Trace) -> None:
    execution.choices.all().delete()
    ChoiceResult.objects.bulk_create(
        ChoiceResult(
            execution=execution,
            workflow=execution.transaction.workflow,
            position=position,
            state=choice.state,
            next=choice.next or "",
            entered_event=choice.entered_event,
            rule=choice.rule,
            explained_next=choice.explained_next or "",
            agrees=choice.agrees,
            rules=documents.plain(choice.rules),
            unread=choice.unread,
            problem=choice.problem or "",
            at=choice.at,
        )
        for position, choice in enumerate(trace.choices)
    )


def _taken(execution: Execution) -> set[int]:
    """Where the branches were taken that were told of before."""
    return set(execution.choices.exclude(next="").values_list("entered_event", flat=True))


def _tell_branches(execution: Execution, trace: history.Trace, told: set[int]) -> None:
    news = (choice for choice in trace.choices if choice.next and choice.entered_event not in told)
    facts.tell_all(
        (
            "transaction.branch_taken",
            str(execution.pk),
            {"choices": [{"state": choice.state, "next": choice.next, "rule": choice.rule}]},
        )
        for choice in news
    )


def _move(row: Transaction, trace: history.Trace, over: bool, *, is_news: bool) -> None:
    if over:
        endings.end(
            row.pk,
            trace.status,
            only_from=("running",),
            error=trace.error or "",
            cause=trace.cause or "",
            output=trace.output,
            finished_at=trace.ended_at,
        )
    elif is_news:
        Transaction.objects.filter(pk=row.pk).update(version=F("version") + 1, stuck_since=None)


def _note_problem(execution: Execution, problem: errors.AwsError) -> None:
    row, now = execution.transaction, timezone.now()
    if isinstance(problem, errors.NotFound) and _long_ago(row.started_at, now):
        release(execution, next_sync_at=None, problem=str(problem))
        cause = "AWS does not know this execution (any more), so how it ended cannot be told."
        endings.end(row.pk, "failed", only_from=("running",), error=GONE, cause=cause)
        return
    release(execution, next_sync_at=now + AFTER_A_PROBLEM, problem=str(problem))
    if not isinstance(problem, ANSWERS):
        note_unreachable(row.environment, str(problem))


def _long_ago(at: datetime | None, now: datetime) -> bool:
    """AWS lists are eventually consistent: what is not found may only be new."""
    return at is not None and now - at > 2 * lease()
