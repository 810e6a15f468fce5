"""Which functions a run invoked and when, and which log lines are theirs. PURE: rows and lines in, values out.

Histories carry a request id where a Task calls `lambda:invoke` and was answered, and where a handler failed and its
runtime says it: those lines are exactly the run's own. For the others the time has to do: all that was written for one
request has to fall into it, and the lines say so.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from transactions.models import Event

EARLY = timedelta(seconds=1)  # a START line may be written before AWS notes the invocation, by another clock
LATEST = timedelta(seconds=2)  # a REPORT line comes after the answer, and clocks differ
_REQUEST = re.compile(r"^(?:START|END|REPORT) RequestId: ([0-9a-f-]{36})")
_NAME = re.compile(r"(?:.*:function:)?([\w-]+)")
HEADER = "x-amzn-RequestId"
_ENDED = ("Succeeded", "Failed", "TimedOut")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a function by a run; `request_id` where the history tells it."""

    function: str
    begin: datetime
    end: datetime | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A line as it came from the log."""

    at: datetime
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a run. `is_exact`: its request id is in the run's history; else it only fell into its time."""

    at: datetime
    function: str
    text: str
    request_id: str | None
    is_exact: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "at": self.at.isoformat(),
            "function": self.function,
            "text": self.text,
            "request_id": self.request_id,
            "is_exact": self.is_exact,
        }


def of_events(events: Sequence[Event]) -> list[Invocation]:
    """The invocations a history tells of, in order."""
    open_ones: dict[int, Invocation] = {}
    before = {event.number: event.previous for event in events}
    for event in events:
        if function := _function(event):
            open_ones[event.number] = Invocation(function, event.at)
        elif event.type.endswith(_ENDED) and (scheduled := _scheduled(event.number, before, open_ones)):
            told = open_ones[scheduled]
            open_ones[scheduled] = replace(told, end=event.at, request_id=_request_id(event))
    return list(open_ones.values())


def belonging(invocations: Sequence[Invocation], function: str, lines: Iterable[Written]) -> list[LogLine]:
    """The lines of one function's log that belong to a run: by request id where it is known, else by time."""
    ours = [one for one in invocations if one.function == function]
    known = {one.request_id for one in ours if one.request_id}
    at_times = [one for one in ours if not one.request_id]
    numbered = list(_numbered(lines))
    lasted = _lasted(numbered)
    found = []
    for line, request_id in numbered:
        is_exact = request_id in known
        begin, end = lasted.get(request_id, (line.at, line.at))
        if is_exact or any(_covers(one, begin, end) for one in at_times):
            found.append(LogLine(line.at, function, line.text, request_id, is_exact))
    return found


def _lasted(numbered: Iterable[tuple[Written, str | None]]) -> dict[str | None, tuple[datetime, datetime]]:
    """When each request began and ended, as far as the lines tell."""
    lasted: dict[str | None, tuple[datetime, datetime]] = {}
    for line, request_id in numbered:
        if request_id:
            begin, end = lasted.get(request_id, (line.at, line.at))
            lasted[request_id] = (min(begin, line.at), max(end, line.at))
    return lasted


def _numbered(lines: Iterable[Written]) -> Iterable[tuple[Written, str | None]]:
    """Each line with the request it was written for: between a START and its REPORT, stream by stream."""
    current: dict[str, str | None] = {}
    for line in lines:
        named = _REQUEST.match(line.text)
        if named:
            current[line.stream] = named[1]
        yield line, current.get(line.stream)
        if line.text.startswith("REPORT "):
            current[line.stream] = None


def _covers(invocation: Invocation, begin: datetime, end: datetime) -> bool:
    return invocation.begin - EARLY <= begin and (invocation.end is None or end <= invocation.end + LATEST)


def _function(event: Event) -> str | None:
    """The function's name where an event schedules an invocation."""
    details = event.details if isinstance(event.details, Mapping) else {}
    resource = str(details.get("resource", ""))
    if event.type in ("LambdaFunctionScheduled", "TaskScheduled") and ":function:" in resource:
        return _named(resource)
    if event.type == "TaskScheduled" and details.get("resourceType") == "lambda":
        return _named(str(_json(details.get("parameters")).get("FunctionName", "")))
    return None


def _named(text: str) -> str | None:
    """The name in a function's name or ARN, with or without version or alias."""
    found = _NAME.match(text)
    return found[1] if found else None


def _scheduled(number: int, before: Mapping[int, int | None], open_ones: Mapping[int, Invocation]) -> int | None:
    """The event that scheduled what this one ended: up the chain, or, without one, the last that is still open."""
    at = before.get(number)
    for _ in range(4):
        if at in open_ones:
            return at
        at = before.get(at) if at else None
    still_open = [key for key, one in open_ones.items() if one.end is None]
    return still_open[-1] if still_open and before.get(number) is None else None


def _request_id(event: Event) -> str | None:
    """From what `lambda:invoke` answered, or from what the runtime says of a handler that failed."""
    details = event.details if isinstance(event.details, Mapping) else {}
    answer, failure = _json(details.get("output")), _json(details.get("cause"))
    headers = _json(_json(answer.get("SdkHttpMetadata")).get("HttpHeaders"))
    told = (_json(answer.get("SdkResponseMetadata")).get("RequestId"), headers.get(HEADER), failure.get("requestId"))
    return next((one for one in told if isinstance(one, str) and one), None)


def _json(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}
