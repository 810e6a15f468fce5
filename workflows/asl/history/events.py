"""One line of AWS history, read from boto3's shape or its JSON; whatever is not as it should be is left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from workflows.asl.history.results import RunStatus

ENTERED = "StateEntered"
EXITED = "StateExited"

SCHEDULED = frozenset({"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"})
COMPOUND_STARTED = frozenset({"MapStateStarted", "ParallelStateStarted"})
ATTEMPT_STARTED = frozenset({"TaskStarted", "LambdaFunctionStarted", "ActivityStarted"})
ATTEMPT_SUCCEEDED = frozenset({"TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded"})
ATTEMPT_FAILED = frozenset(
    {
        "TaskFailed",
        "TaskStartFailed",
        "TaskSubmitFailed",
        "TaskTimedOut",
        "LambdaFunctionFailed",
        "LambdaFunctionScheduleFailed",
        "LambdaFunctionStartFailed",
        "LambdaFunctionTimedOut",
        "ActivityFailed",
        "ActivityScheduleFailed",
        "ActivityTimedOut",
    }
)
ITERATION_ENDED: Mapping[str, Literal["succeeded", "failed", "aborted"]] = {
    "MapIterationSucceeded": "succeeded",
    "MapIterationFailed": "failed",
    "MapIterationAborted": "aborted",
}
COMPOUND_SUCCEEDED = frozenset({"MapStateSucceeded", "ParallelStateSucceeded"})
COMPOUND_FAILED = frozenset({"MapStateFailed", "ParallelStateFailed"})
STATE_ABORTED = frozenset({"TaskStateAborted", "WaitStateAborted", "MapStateAborted", "ParallelStateAborted"})
MAP_RUN = frozenset({"MapRunStarted", "MapRunSucceeded", "MapRunFailed", "MapRunAborted", "MapRunRedriven"})
REDRIVEN = "ExecutionRedriven"
EXECUTION_ENDED: Mapping[str, RunStatus] = {
    "ExecutionSucceeded": "succeeded",
    "ExecutionFailed": "failed",
    "ExecutionTimedOut": "timed_out",
    "ExecutionAborted": "aborted",
}


@dataclass(frozen=True, slots=True)
class Event:
    """`id` and `previous` are AWS's own numbers; `previous` is None where the event does not say (0 means none)."""

    id: int
    previous: int | None
    type: str
    at: datetime | None
    details: Mapping[str, Any]

    @property
    def state(self) -> str | None:
        """The state this event names itself, if it does."""
        return self.text("name") or self.text("state")

    @property
    def index(self) -> int | None:
        """The Map iteration this event names, counted from 0."""
        index = self.details.get("index")
        return index if isinstance(index, int) and not isinstance(index, bool) else None

    def text(self, key: str) -> str | None:
        """A detail that is text, else None."""
        value = self.details.get(key)
        return value if isinstance(value, str) else None

    def is_cut(self, key: str) -> bool:
        """AWS cut this detail off, or was asked not to send it."""
        notes = self.details.get(f"{key}Details")
        return isinstance(notes, Mapping) and (notes.get("truncated") is True or notes.get("included") is False)


def read(events: Any) -> list[Event]:
    """Take the events of any list, oldest first, each id once; what is no event is passed over."""
    found = [event for raw in _items(events) if (event := _event(raw)) is not None]
    if any(event.id == 0 for event in found):  # numbers were wiped: the list's own order is all there is
        return [replace(event, id=at) for at, event in enumerate(found, 1)]
    by_id = {event.id: event for event in found}
    return [by_id[number] for number in sorted(by_id)]


def details_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one `...EventDetails` of a raw event, empty when it has none."""
    for key, value in raw.items():
        if isinstance(key, str) and key.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}


def _items(events: Any) -> Iterable[Any]:
    return events if isinstance(events, list | tuple) else ()


def _event(raw: Any) -> Event | None:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("type"), str):
        return None
    return Event(
        id=_number(raw.get("id")) or 0,
        previous=_number(raw.get("previousEventId")),
        type=raw["type"],
        at=_time(raw.get("timestamp")),
        details=details_of(raw),
    )


def _number(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 2**63 else None


def _time(value: Any) -> datetime | None:
    """A datetime (boto3), ISO text (the CLI) or epoch seconds (the wire), in UTC where it names no zone."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            value = datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
