"""What followed what: each event's predecessor, recorded by AWS or, where an emulator left it out, inferred.

Recorded links are taken as they are. Inference pairs an event with the latest event that nothing follows yet and that
can come before it, by state name, event family and (where a definition is at hand) by the transitions it allows.
"""

from collections.abc import Callable, Mapping
from itertools import islice

from workflows.asl.history.events import (
    ATTEMPT_FAILED,
    ATTEMPT_STARTED,
    ATTEMPT_SUCCEEDED,
    COMPOUND_FAILED,
    COMPOUND_STARTED,
    COMPOUND_SUCCEEDED,
    ENTERED,
    EXECUTION_ENDED,
    EXITED,
    ITERATION_ENDED,
    MAP_RUN,
    SCHEDULED,
    STATE_ABORTED,
    Event,
)
from workflows.asl.history.results import Links

LeadsTo = Callable[[str], frozenset[str]]
"""The states that may be entered right after the named one is left (or, for a Map or Parallel, started)."""

# AWS itself writes 0 for these (and for the first state): nothing of the state's own came before.
_MAY_FOLLOW_NOTHING = frozenset(
    {"ExecutionStarted", "ExecutionRedriven", "EvaluationFailed", *EXECUTION_ENDED, *STATE_ABORTED}
)
_LOOK_BACK = 64  # concurrent branches an inference looks through; bounds the work on hostile histories


def link(events: list[Event], leads_to: LeadsTo | None = None) -> tuple[list[int | None], Links]:
    """Give for each event the position of its predecessor in the list, and whether any had to be inferred."""
    position = {event.id: at for at, event in enumerate(events) if event.id}
    recorded = [_recorded(event, at, position) for at, event in enumerate(events)]
    first_state = next((at for at, event in enumerate(events) if event.type.endswith(ENTERED)), None)
    missing = {at for at, event in enumerate(events) if at != first_state and _lacks_link(event)}
    if not missing:
        return recorded, "recorded"
    return _inferred(events, recorded, missing, leads_to), "inferred"


def _recorded(event: Event, at: int, position: Mapping[int, int]) -> int | None:
    before = position.get(event.previous) if event.previous else None
    return before if before is not None and before < at else None


def _lacks_link(event: Event) -> bool:
    if event.previous:
        return False
    if event.previous == 0:
        return event.type not in _MAY_FOLLOW_NOTHING
    return event.type not in {"ExecutionStarted", "EvaluationFailed"}


def _inferred(
    events: list[Event], recorded: list[int | None], missing: set[int], leads_to: LeadsTo | None
) -> list[int | None]:
    links = list(recorded)
    state_of: dict[int, str | None] = {}
    tails: dict[int, None] = {}
    for at, event in enumerate(events):
        if at in missing:
            links[at] = _before(event, events, tails, state_of, leads_to)
        before = links[at]
        if before is not None and events[before].type not in COMPOUND_STARTED:
            tails.pop(before, None)
        tails[at] = None
        state_of[at] = event.state or (state_of.get(before) if before is not None else None)
    return links


def _before(
    event: Event, events: list[Event], tails: dict[int, None], state_of: dict[int, str | None], leads_to: LeadsTo | None
) -> int | None:
    near = list(islice(reversed(tails), _LOOK_BACK))
    fits = [at for at in near if _can_precede(events[at], event, state_of.get(at))]
    if event.type.endswith(ENTERED) and leads_to is not None:
        allowed = [at for at in fits if _allows(events[at], event, state_of.get(at), leads_to)]
        fits = allowed or fits
    if not fits:
        return near[0] if near and event.type in EXECUTION_ENDED else None
    # Concurrent tasks carry no name: the one that waits longest is served first.
    return fits[-1] if event.type in ATTEMPT_STARTED | ATTEMPT_SUCCEEDED | ATTEMPT_FAILED else fits[0]


def _allows(before: Event, event: Event, state: str | None, leads_to: LeadsTo) -> bool:
    return state is None or event.state in leads_to(state) or before.type == "ExecutionRedriven"


_BEFORE_ATTEMPT_ENDS = ATTEMPT_STARTED | SCHEDULED | {"TaskSubmitted"}
_ATTEMPT_FOLLOWS = {"TaskStateEntered"} | ATTEMPT_FAILED
_COMPOUND_INSIDE = frozenset(ITERATION_ENDED) | COMPOUND_STARTED | MAP_RUN


def _can_precede(before: Event, event: Event, state: str | None) -> bool:
    kind = event.type
    if kind.endswith(ENTERED):
        return before.type.endswith(EXITED) or before.type in _ENTRANCES
    if kind.endswith(EXITED):
        return state == event.state and not before.type.endswith(EXITED)
    if kind in SCHEDULED:
        return before.type in _ATTEMPT_FOLLOWS
    if kind in ATTEMPT_STARTED or kind == "TaskSubmitted":
        return before.type in SCHEDULED | ATTEMPT_STARTED
    if kind in ATTEMPT_SUCCEEDED | ATTEMPT_FAILED:
        return before.type in _BEFORE_ATTEMPT_ENDS
    if kind in COMPOUND_STARTED:
        return before.type == kind.removesuffix("Started") + "Entered" or before.type in ITERATION_ENDED
    if kind == "MapIterationStarted" or kind in ITERATION_ENDED:
        return state == event.state or before.type.endswith(EXITED) or before.type == "FailStateEntered"
    if kind in COMPOUND_SUCCEEDED | COMPOUND_FAILED | MAP_RUN:
        return before.type in _COMPOUND_INSIDE or before.type.endswith(EXITED)
    return True


_ENTRANCES = frozenset({"ExecutionStarted", "ExecutionRedriven", "MapIterationStarted", *COMPOUND_STARTED})
