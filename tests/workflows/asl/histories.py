"""Histories written by hand, in the shapes boto3 gives."""

from typing import Any

_DETAILS = {
    "StateEntered": "stateEnteredEventDetails",
    "StateExited": "stateExitedEventDetails",
}


def event(number: int, previous: int | None, kind: str, **details: Any) -> dict[str, Any]:
    """One event, a second after the one before; details under the key AWS uses."""
    at = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
    made: dict[str, Any] = {"id": number, "type": kind, "timestamp": at}
    if previous is not None:
        made["previousEventId"] = previous
    own = f"{kind[0].lower()}{kind[1:]}EventDetails"
    key = next((key for suffix, key in _DETAILS.items() if kind.endswith(suffix)), own)
    if details or kind.endswith(("Entered", "Exited")):
        made[key] = details
    return made


def history(*lines: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Events from (previous, type) or (previous, type, details); ids count from 1."""
    return [
        event(number, line[0], line[1], **(line[2] if len(line) > 2 else {})) for number, line in enumerate(lines, 1)
    ]


def unlinked(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same as an emulator without `previousEventId` writes it."""
    return [{key: value for key, value in raw.items() if key != "previousEventId"} for raw in events]
