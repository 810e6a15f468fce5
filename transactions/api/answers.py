"""What the API tells of a transaction. Input and output go out as the text they are stored as."""

import json
from collections.abc import Iterable
from typing import Any

from transactions.models import BusinessKey, Event, LogReading, Transaction, Visit
from workflows.api.raw_json import JsonText

# What is so of every transaction at the moment it is accepted.
NOT_BEGUN: dict[str, Any] = {
    "status": "accepted",
    "output": None,
    "error": None,
    "cause": None,
    "execution_arn": None,
    "started_at": None,
    "finished_at": None,
    "waiting_since": None,
    "stuck_since": None,
    "redrive_requested_at": None,
    "redrive_problem": None,
    "choices": [],
}


def told(row: Transaction) -> dict[str, Any]:
    """All of it, as it is now."""
    return _lasting(row, row.keys.all()) | {
        "status": row.status,
        "output": None if row.output is None else JsonText(row.output),
        "error": row.error or None,
        "cause": row.cause or None,
        "execution_arn": row.execution.arn or None,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "waiting_since": row.waiting_since,
        "stuck_since": row.stuck_since,
        "redrive_requested_at": row.redrive_requested_at,
        "redrive_problem": row.redrive_problem or None,
        "choices": [choice.as_dict() for choice in row.execution.choices.all()],
    }


def accepted(row: Transaction, keys: Iterable[BusinessKey]) -> dict[str, Any]:
    """All of it, as it was when it was accepted: the same answer however often a key is repeated."""
    return _lasting(row, keys) | NOT_BEGUN


def event_told(row: Event) -> dict[str, Any]:
    """A line of history."""
    return {
        "id": row.number,
        "previous_id": row.previous,
        "type": row.type,
        "at": row.at,
        "state": row.state or None,
        "details": row.details,
    }


def visit_told(row: Visit) -> dict[str, Any]:
    """A state entered and left."""
    return {
        "position": row.position,
        "state": row.state,
        "type": row.type,
        "status": row.status,
        "entered_at": row.entered_at,
        "exited_at": row.exited_at,
        "input": _document(row.input),
        "output": _document(row.output),
        "attempts": row.attempts,
        "path": row.path,
        "iterations": row.iterations,
        "next": row.next or None,
        "error": row.error or None,
        "cause": row.cause or None,
    }


def _document(text: str) -> JsonText | None:
    """JSON as AWS recorded it; what it cut off is no JSON any more, and goes out as text."""
    if not text:
        return None
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except ValueError:
        return JsonText(json.dumps(text))
    return JsonText(text)


def _lasting(row: Transaction, keys: Iterable[BusinessKey]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "workflow": row.workflow.name,
        "revision": row.revision.number,
        "environment": row.environment.slug,
        "reference": row.reference,
        "input": JsonText(row.input),
        "keys": {key.name: _value(key) for key in keys},
        "created_at": row.created_at,
        "rerun_of": row.rerun_of_id,
    }


def _value(key: BusinessKey) -> str | JsonText:
    return key.text if key.number is None else JsonText(key.text)


def run_log_told(reading: LogReading | None) -> dict[str, Any]:
    """The log lines of a run; None where nothing has run yet that could be read."""
    lines = reading.lines if reading else []
    return {
        "read_at": reading.read_at if reading else None,
        "is_pending": reading is not None and reading.next_read_at is not None,
        "is_partial": reading is not None and reading.is_partial,
        "problem": (reading.problem or None) if reading else None,
        "lines": [line | {"request_id": line["request_id"] or None} for line in lines],
    }
