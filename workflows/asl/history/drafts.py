"""Visits while they are pieced together, and the lanes they lie in. Nothing here knows which event means what."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from workflows.asl.history.events import Event
from workflows.asl.history.results import Attempt, Iteration, Outcome, Step, VisitStatus

MAX_NESTING = 64  # deeper than any definition AWS takes; bounds walks and paths on hostile histories


@dataclass(slots=True, eq=False)
class Lane:
    """Where states follow one another: the machine, an iteration or a branch; and what was assigned there."""

    owner: "Draft | None" = None
    path: tuple[Step, ...] = ()
    open: dict[int, "Draft"] = field(default_factory=dict)
    assigned: dict[str, tuple[list[int], list[str]]] = field(default_factory=dict)
    unread_since: int | None = None  # from this event on variables were assigned that the history leaves out

    def assign(self, event: Event) -> None:
        """Keep the variables an exit assigned, each as its JSON text."""
        if event.is_cut("assignedVariables"):
            self.unread_since = self.unread_since or event.id
        assigned = event.details.get("assignedVariables")
        for name, text in assigned.items() if isinstance(assigned, Mapping) else ():
            if isinstance(text, str):
                ids, texts = self.assigned.setdefault(str(name), ([], []))
                ids.append(event.id)
                texts.append(text)


class Variables(Mapping[str, str]):
    """What could be read in a lane when an event happened: name -> JSON text, inner lanes before those around them."""

    def __init__(self, lane: Lane, at: int) -> None:
        self._lanes = list(_outwards(lane))
        self._at = at

    @property
    def is_complete(self) -> bool:
        """Nothing had been assigned that the history leaves out."""
        return not any(lane.unread_since is not None and lane.unread_since < self._at for lane in self._lanes)

    def __getitem__(self, name: str) -> str:
        for lane in self._lanes:
            ids, texts = lane.assigned.get(name, ((), ()))
            if before := bisect_right(ids, self._at):
                return texts[before - 1]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter({name for lane in self._lanes for name, (ids, _) in lane.assigned.items() if ids[0] <= self._at})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _outwards(lane: Lane) -> Iterator[Lane]:
    for _ in range(MAX_NESTING):
        yield lane
        if lane.owner is None:
            return
        lane = lane.owner.lane


@dataclass(slots=True, eq=False)
class Draft:
    """A visit being pieced together."""

    entered: Event
    state: str
    type: str
    lane: Lane
    status: VisitStatus = "running"
    exited: Event | None = None
    ended: Event | None = None  # what it was over with; also where no exit was recorded
    redrives: int = 0
    failure: Event | None = None
    error: str | None = None
    cause: str | None = None
    next: str | None = None
    attempts: list[Attempt] = field(default_factory=list)
    iterations: list[Iteration] = field(default_factory=list)
    running_iterations: dict[int | None, tuple[int, Lane]] = field(default_factory=dict)
    busy: dict[Lane, None] = field(default_factory=dict)  # lanes of this visit in which a visit is open
    branches: int = 0

    @property
    def is_open(self) -> bool:
        """Neither left nor given up."""
        return self.status == "running"

    @property
    def variables(self) -> Variables:
        """What had been assigned when this state was entered."""
        return Variables(self.lane, self.entered.id)

    def new_lane(self, kind: Literal["iteration", "branch"], index: int | None) -> Lane:
        """An iteration or branch of this visit."""
        step = Step(self.state, self.entered.id, kind, index)
        return Lane(self, (*self.lane.path, step)[-MAX_NESTING:])

    def open(self) -> None:
        """Enter it in its lane."""
        self.lane.open[self.entered.id] = self
        if self.lane.owner is not None:
            self.lane.owner.busy[self.lane] = None

    @property
    def ended_at(self) -> datetime | None:
        """When it was over."""
        return self.ended.at if self.ended else None

    def reopen(self, redriven: Event | None) -> None:
        """A redrive (or a retry of what is around) goes on with a visit that was given up, and with those around it.

        `redriven`: the last redrive there was; it is the reason where it came after the visit was given up.
        """
        draft: Draft | None = self
        while draft is not None and not draft.is_open and not draft.exited:
            draft.redrives += bool(redriven and draft.ended and draft.ended.id < redriven.id)
            draft.status, draft.ended = "running", None
            draft.open()
            draft = draft.lane.owner

    def close(self, status: VisitStatus, event: Event) -> None:
        """It is over: take it out of its lane and end what still runs in it."""
        self.status = status
        self.ended = event
        self.lane.open.pop(self.entered.id, None)
        if self.lane.owner is not None and not self.lane.open:
            self.lane.owner.busy.pop(self.lane, None)
        for number, _ in self.running_iterations.values():
            was = self.iterations[number]
            self.iterations[number] = Iteration(was.index, "aborted", was.started_at, event.at)
        self.running_iterations.clear()
        outcomes: dict[str, Outcome] = {"aborted": "aborted", "failed": "failed", "caught": "failed"}
        self.finish_attempt(event, outcomes.get(status, "succeeded"))

    def finish_attempt(self, event: Event, outcome: Outcome) -> None:
        """End the attempt that runs, if one does."""
        if not self.attempts or self.attempts[-1].outcome != "running":
            return
        last = self.attempts[-1]
        error, cause = (self.error, self.cause) if outcome in {"failed", "timed_out"} else (None, None)
        self.attempts[-1] = Attempt(last.event, last.scheduled_at, last.started_at, event.at, outcome, error, cause)

    def blame(self, culprit: "Draft | Event | None") -> None:
        """Take the error of the visit or event that made this one fail."""
        if isinstance(culprit, Draft):
            self.error, self.cause = culprit.error, culprit.cause
        elif culprit is not None:
            self.error, self.cause = culprit.text("error"), culprit.text("cause")


@dataclass(frozen=True, slots=True)
class Spot:
    """The lane an event happened in, and the visit open there."""

    lane: Lane
    draft: Draft | None


def give_up(lanes: list[Lane], event: Event) -> None:
    """End what is still open in these lanes: failed where something went wrong in it, else aborted."""
    while lanes:
        for draft in list(lanes.pop().open.values()):
            lanes.extend(draft.busy)
            draft.close("failed" if draft.failure else "aborted", event)
