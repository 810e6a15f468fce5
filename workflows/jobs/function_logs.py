"""Reads the lines of functions' logs that somebody looks for, newest first. Never asks when nobody looks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from workflows import log_lines
from workflows.asl import history
from workflows.aws import errors, logs
from workflows.aws.clients import Target
from workflows.claims import LeaseLost, claim_due, extend, release
from workflows.jobs.forgetting import forget
from workflows.jobs.targets import note_reached, target_of
from workflows.log_lines import LogLine
from workflows.models import LogSearch
from workflows.places import log_group_of

KEPT = timedelta(days=1)
MOST_LINES = 1_000  # kept of one search: the newest
MOST_AT_ONCE = 5_000  # read of one stretch of time
FIRST_STRETCH = timedelta(minutes=1)
OVERLAP = timedelta(minutes=1)  # lines come late, and an invocation that began before goes on
AHEAD = timedelta(seconds=5)  # clocks of two machines
LONGEST_RUN = timedelta(minutes=15)


def drain() -> int:
    """Read whatever was asked for; give how many."""
    read = 0
    while rows := claim_due(_due(), 1, "environment", "function"):
        _read(rows[0])
        read += 1
    return read


def forget_old() -> int:
    """Do away with searches that nobody has repeated for a day; give how many are gone."""
    return forget(LogSearch.objects.filter(next_read_at=None, asked_at__lt=timezone.now() - KEPT))


def _due() -> QuerySet[LogSearch]:
    return LogSearch.objects.filter(next_read_at__lte=timezone.now()).order_by("next_read_at")


def _read(row: LogSearch) -> None:
    now = timezone.now()
    begin = now - timedelta(seconds=row.range_s)
    try:
        found, is_partial = _of_request(row, begin, now) if row.request_id else _of_time(row, begin, now)
    except LeaseLost:
        return
    except errors.AwsError as error:
        release(row, next_read_at=None, read_at=now, problem=f"{error.operation}: {error}")
        return
    note_reached([row.environment])
    lines = [LogLine(one.at, one.stream, history.shape_line(one.text, ()), one.request_id) for one in found]
    kept = [one.as_dict() for one in lines[-MOST_LINES:]]
    release(row, next_read_at=None, read_at=now, lines=kept, is_partial=is_partial, problem="")


def _of_time(row: LogSearch, begin: datetime, now: datetime) -> tuple[list[LogLine], bool]:
    """What is new since the last reading, after what that found; all of it at the first."""
    since = max(begin, row.read_at - OVERLAP) if row.read_at and not row.problem else begin
    known = [one for one in log_lines.read(row.lines) if begin <= one.at < since]
    target, group = _place(row)
    pattern = "" if row.environment.is_embedded else log_lines.pattern(row.text)  # the embedded AWS knows no "or"
    new: list[LogLine] = []
    is_partial = row.is_partial and bool(known)
    for stretch_begin, stretch_end in _stretches(since, now + AHEAD):
        extend(row)
        read = logs.lines(target, group, stretch_begin, stretch_end, MOST_AT_ONCE, pattern=pattern)
        is_partial = is_partial or len(read) == MOST_AT_ONCE
        new = [*(LogLine(one.at, one.stream, one.text) for one in read), *new]
        if len(log_lines.matching(new, row.text, "")) > MOST_LINES:
            is_partial = is_partial or stretch_begin > begin
            break
    found = [*known, *log_lines.matching(log_lines.attributed(new), row.text, "")]
    return found, is_partial or len(found) > MOST_LINES


def _of_request(row: LogSearch, begin: datetime, now: datetime) -> tuple[list[LogLine], bool]:
    """Where the request id is named tells stream and time; all that stream wrote meanwhile belongs to it."""
    target, group = _place(row)
    read = logs.lines(target, group, begin, now + AHEAD, MOST_AT_ONCE, pattern=log_lines.quoted(row.request_id))
    named = [LogLine(one.at, one.stream, one.text) for one in read if row.request_id in one.text]
    found: list[LogLine] = []
    for stream in dict.fromkeys(one.stream for one in named):
        extend(row)
        own = [one for one in named if one.stream == stream]
        until = own[-1].at if log_lines.is_over(own) else min(now + AHEAD, own[0].at + LONGEST_RUN)
        read = logs.lines(target, group, own[0].at, until, MOST_AT_ONCE, streams=(stream,))
        found += log_lines.attributed(LogLine(one.at, one.stream, one.text) for one in read)
    found.sort(key=lambda one: one.at)
    return log_lines.matching(found, row.text, row.request_id), len(read) == MOST_AT_ONCE


def _place(row: LogSearch) -> tuple[Target, str]:
    return target_of(row.environment), log_group_of(row.function, row.environment)


def _stretches(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From the end back to the beginning, each twice as long as the one before: the newest lines come first."""
    length = FIRST_STRETCH
    while end > begin:
        start = max(begin, end - length)
        yield start, end - timedelta(milliseconds=0 if length == FIRST_STRETCH else 1)
        end, length = start, length * 2
