"""The facts of a history: what its events tell by what follows what, without any definition.

The words and shapes are those that recorded cases are compared in; the rules stand beside each function.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from workflows.asl.history.drafts import Draft
from workflows.asl.history.events import (
    COMPOUND_STARTED,
    ENTERED,
    EXITED,
    ITERATION_ENDED,
    SCHEDULED,
    Event,
)

Links = Sequence[int | None]


def facts(events: Sequence[Event], links: Links, drafts: Sequence[Draft]) -> dict[str, Any]:
    """Everything below, in one dict; lists are in event order, states by name, events by id.

    A Choice left by an event that names no state (a made-up one) tells nothing, so it is no choice.
    """
    followers = _followers(links)
    return {
        "entered": [event.state for event in events if event.type.endswith(ENTERED)],
        "choices": [
            {"state": event.state, "next": _entered_after(at, events, followers)}
            for at, event in enumerate(events)
            if event.type == "ChoiceStateExited" and event.state is not None
        ],
        "retries": _retries(events, links, drafts),
        "map_iterations": _map_iterations(events),
        "errors": [
            {"event": event.type, "id": event.id, "error": error}
            for event in events
            if (error := event.text("error")) is not None
        ],
        "caught": list(_caught(events, followers)),
        "map_runs": [arn for event in events if event.type == "MapRunStarted" and (arn := event.text("mapRunArn"))],
    }


def _followers(links: Links) -> list[list[int]]:
    followers: list[list[int]] = [[] for _ in links]
    for at, before in enumerate(links):
        if before is not None:
            followers[before].append(at)
    return followers


def _entered_after(at: int, events: Sequence[Event], followers: list[list[int]]) -> str | None:
    """The state of the `*StateEntered` event that follows, null when none does."""
    return next((events[after].state for after in followers[at] if events[after].type.endswith(ENTERED)), None)


def _retries(events: Sequence[Event], links: Links, drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """Visits with more than one attempt: of a Task those that have its entry as the nearest one up the chain."""
    task_above: list[int | None] = []
    attempts: dict[int, int] = {}
    for at, event in enumerate(events):
        before = links[at]
        above = task_above[before] if before is not None else None
        task_above.append(event.id if event.type == "TaskStateEntered" else above)
        if event.type in SCHEDULED and above is not None:
            attempts[above] = attempts.get(above, 0) + 1
    compounds = {f"{kind.removesuffix('Started')}Entered" for kind in COMPOUND_STARTED}
    attempts.update({draft.entered.id: len(draft.attempts) for draft in drafts if draft.entered.type in compounds})
    return [
        {"state": event.state, "entered_event": event.id, "retries": attempts[event.id] - 1}
        for event in events
        if event.type.endswith(ENTERED) and attempts.get(event.id, 0) > 1
    ]


def _map_iterations(events: Sequence[Event]) -> dict[str, dict[str, list[int]]]:
    """Per Map state the indexes of its iteration events; kinds that never occur are left out."""
    kinds = {"MapIterationStarted": "started", **ITERATION_ENDED}
    found: dict[str, dict[str, list[int]]] = {}
    for event in events:
        kind = kinds.get(event.type)
        if kind and event.state is not None and event.index is not None:
            found.setdefault(event.state, {}).setdefault(kind, []).append(event.index)
    return found


def _caught(events: Sequence[Event], followers: list[list[int]]) -> Iterator[dict[str, Any]]:
    """Failures that a `*StateExited` follows: the state was left by a Catch."""
    for at, event in enumerate(events):
        if not event.type.endswith(("Failed", "TimedOut")) or event.type.startswith(("Execution", "MapIteration")):
            continue
        exit_at = next((after for after in followers[at] if events[after].type.endswith(EXITED)), None)
        if exit_at is not None:
            goes_to = _entered_after(exit_at, events, followers)
            yield {"state": events[exit_at].state, "after": event.type, "goes_to": goes_to}
