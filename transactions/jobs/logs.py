"""Reads the log lines of the runs that somebody looks at, and keeps them. AWS is asked outside any transaction."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from transactions import invocations
from transactions.invocations import Invocation, LogLine, Written
from transactions.models import Event, LogReading
from workflows.asl import history
from workflows.aws import errors, logs
from workflows.aws.clients import Target
from workflows.claims import claim_due, release
from workflows.jobs.forgetting import forget
from workflows.jobs.targets import target_of

BATCH = 5
KEPT = timedelta(days=30)
MOST_EVENTS = 5_000
MOST_FUNCTIONS = 10
MOST_LINES = 1_000


def drain() -> int:
    """Read whatever was asked for; give how many readings."""
    read = 0
    while rows := claim_due(
        LogReading.objects.filter(next_read_at__lte=timezone.now()).order_by("next_read_at"), BATCH
    ):
        for row in rows:
            _read(row)
        read += len(rows)
    return read


def forget_old() -> int:
    """Do away with readings that nobody has asked for in so long; give how many are gone."""
    return forget(LogReading.objects.filter(next_read_at=None, asked_at__lt=timezone.now() - KEPT))


def _read(row: LogReading) -> None:
    transaction = row.execution.transaction
    found = invocations.of_events(list(Event.objects.filter(execution=row.pk)[:MOST_EVENTS]))
    try:
        lines = _lines(target_of(transaction.environment), found, transaction.finished_at or timezone.now())
    except errors.AwsError as problem:
        release(row, next_read_at=None, read_at=timezone.now(), problem=str(problem))
        return
    digests = row.execution.token_digests
    kept = [replace(line, text=history.shape_line(line.text, digests)).as_dict() for line in lines[:MOST_LINES]]
    release(
        row,
        next_read_at=None,
        read_at=timezone.now(),
        lines=kept,
        is_partial=len(lines) > MOST_LINES,
        problem="",
    )


def _lines(target: Target, found: list[Invocation], until: datetime) -> list[LogLine]:
    read: list[LogLine] = []
    for function in list(dict.fromkeys(one.function for one in found))[:MOST_FUNCTIONS]:
        ours = [one for one in found if one.function == function]
        begin = min(one.begin for one in ours) - invocations.EARLY
        end = max(one.end or until for one in ours) + invocations.LATEST
        lines = logs.lines(target, f"/aws/lambda/{function}", begin, end, MOST_LINES + 1)
        read += invocations.belonging(ours, function, (Written(one.at, one.stream, one.text) for one in lines))
    return sorted(read, key=lambda line: line.at)
