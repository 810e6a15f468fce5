"""Assembling a trace: events, their links, visits, Choice results and facts. Linear in the number of events."""

from collections.abc import Mapping, Sequence
from typing import Any

from workflows.asl.history import events as reading
from workflows.asl.history.choices import explain
from workflows.asl.history.drafts import Draft, Spot
from workflows.asl.history.events import EXECUTION_ENDED, Event
from workflows.asl.history.facts import facts
from workflows.asl.history.flow import Flow
from workflows.asl.history.links import link
from workflows.asl.history.results import Failure, RunStatus, Trace, Visit
from workflows.asl.history.visits import Visits
from workflows.asl.jsonata import Evaluator
from workflows.asl.model import StateMachine
from workflows.asl.parser import parse


def trace(
    definition: StateMachine | Mapping[str, Any] | str | None,
    events: Any,
    evaluator: Evaluator | None = None,
    context: Mapping[str, Any] | None = None,
) -> Trace:
    """Read a history: the definition that really ran (None if it is not known) and events as GetExecutionHistory gives.

    `evaluator` answers JSONata conditions; without it those Choices stay unexplained. `context` is what the caller
    knows of the context object (`Execution`, `StateMachine`). Any list of events gives a trace; a part of a history
    gives the trace of that part.
    """
    machine = definition if isinstance(definition, StateMachine) else parse(definition).machine if definition else None
    read = reading.read(events)
    flow = Flow.of(machine)
    links, how = link(read, flow.leads_to if machine else None)
    visits = _visits(read, links, flow)
    status, end = _status(read)
    start = next((event for event in read if event.type == "ExecutionStarted"), None)
    return Trace(
        status=status,
        links=how,
        started_at=start.at if start else None,
        ended_at=end.at if end else None,
        input=start.text("input") if start else None,
        output=end.text("output") if end else None,
        error=end.text("error") if end else None,
        cause=end.text("cause") if end else None,
        redrives=visits.redrives,
        visits=tuple(_visit(draft) for draft in visits.drafts),
        choices=explain(visits.drafts, flow, start, evaluator, context or {}),
        errors=tuple(_failures(read, visits.spots)),
        facts=facts(read, links, visits.drafts),
    )


def _visits(read: Sequence[Event], links: Sequence[int | None], flow: Flow) -> Visits:
    visits = Visits(flow)
    for event, before in zip(read, links, strict=True):
        if before is None:
            visits.add(event, None, None)
        else:
            visits.add(event, read[before], visits.spots[before])
    return visits


def _status(read: Sequence[Event]) -> tuple[RunStatus, Event | None]:
    """The last end that no redrive came after."""
    for event in reversed(read):
        if event.type == "ExecutionRedriven":
            break
        if event.type in EXECUTION_ENDED:
            return EXECUTION_ENDED[event.type], event
    return "running", None


def _failures(read: Sequence[Event], spots: Sequence[Spot]) -> list[Failure]:
    return [
        Failure(event.type, event.id, spot.draft.state if spot.draft else event.state, error, event.text("cause"))
        for event, spot in zip(read, spots, strict=True)
        if (error := event.text("error")) is not None
    ]


def _visit(draft: Draft) -> Visit:
    entered, exited = draft.entered, draft.exited
    return Visit(
        state=draft.state,
        type=draft.type,
        entered_event=entered.id,
        exited_event=exited.id if exited else None,
        entered_at=entered.at,
        exited_at=draft.ended_at,
        status=draft.status,
        input=entered.text("input"),
        output=exited.text("output") if exited else None,
        truncated=entered.is_cut("input") or (exited is not None and exited.is_cut("output")),
        attempts=tuple(draft.attempts),
        iterations=tuple(draft.iterations),
        path=draft.lane.path,
        next=draft.next,
        error=draft.error,
        cause=draft.cause,
        redrives=draft.redrives,
    )
