"""The history of an execution as AWS writes it: every event knows the one before it in its own line of control."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import now_iso

Details = dict[str, Any]
UNTRUNCATED = {"truncated": False}
LONGEST_HISTORY = 25_000  # events, the one that ends the execution included


class OverError(Exception):
    """The execution, or the Map or Parallel state around this line of control, has ended: nothing more happens."""


@dataclass
class Run:
    """One execution being interpreted; `record` is ministack's, which the API answers from.

    `resumed` says for each line of control where a redriven execution goes on: state (None: it had ended), data,
    variables. The same is kept in the record under `progress` while the execution runs, and when it fails.
    """

    record: dict[str, Any]
    definition: dict[str, Any]
    resumed: dict[str, list[Any]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)
    input: Any = None
    told: Callable[[dict[str, Any], Details], None] | None = None

    def __post_init__(self) -> None:
        self.input = json.loads(self.record["input"])

    def write(self, value: Any) -> str:
        """JSON; the input as long as nothing has changed it keeps its text, spaces and digits included, as on AWS."""
        return str(self.record["input"]) if value is self.input else write(value)

    @property
    def is_full(self) -> bool:
        """Whether there is room for the last event alone."""
        return len(self.record["events"]) >= LONGEST_HISTORY - 1

    def append(self, event_type: str, previous: int, details: Details | None) -> int:
        """Write an event; its id. `details` go under the name AWS gives them for the type."""
        with self.lock:
            number = len(self.record["events"]) + 1
            event = {"id": number, "previousEventId": previous, "type": event_type, "timestamp": now_iso()}
            if details is not None:
                event[_details_name(event_type)] = details
            self.record["events"].append(event)
            if self.told is not None:
                self.told(self.record, event)
            return number


@dataclass
class Line:
    """A line of control: the top level, a branch of a Parallel state, an iteration of a Map state.

    `previous` is what its next event points back to, `closing` what the state around it does when this line was last.
    """

    run: Run
    place: str
    variables: dict[str, Any]
    context: dict[str, Any]
    previous: int = 0
    cancelled: threading.Event | None = None
    outer: "Line | None" = None
    closing: int | None = None

    def add(self, event_type: str, details: Details | None = None, *, previous: int | None = None) -> int:
        """Write the next event of this line; raises OverError when the line has no business going on."""
        with self.run.lock:
            self.check()
            at = self.previous if previous is None else previous
            self.previous = self.run.append(event_type, at, details)
            return self.previous

    def note(self, event_type: str, details: Details | None = None) -> int:
        """Write an event to which the next of this line does not point back, as the end of an iteration; its id."""
        with self.run.lock:
            self.check()
            return self.run.append(event_type, self.previous, details)

    def check(self) -> None:
        """Raise OverError if the execution or a state around this line has ended, or its history has no more room."""
        if self.run.is_full:
            raise OverError
        line: Line | None = self
        while line is not None:
            if line.run.over.is_set() or (line.cancelled is not None and line.cancelled.is_set()):
                raise OverError
            line = line.outer

    def enter(self, kind: str, name: str, value: Any) -> int:
        """Write the StateEntered event of a state of this kind; its id."""
        text = self.run.write(value)
        return self.add(f"{kind}StateEntered", {"name": name, "input": text, "inputDetails": UNTRUNCATED})

    def exit(self, kind: str, name: str, value: Any, assigned: dict[str, Any]) -> None:
        """Write the StateExited event; `assigned` are the variables the state set."""
        details = {"name": name, "output": self.run.write(value), "outputDetails": UNTRUNCATED}
        if assigned:
            details["assignedVariables"] = {key: write(entry) for key, entry in assigned.items()}
            details["assignedVariablesDetails"] = UNTRUNCATED
        self.add(f"{kind}StateExited", details)

    @property
    def ended_before(self) -> bool:
        """Whether this line had come to its end before the execution was redriven."""
        return self.place in self.run.resumed and self.run.resumed[self.place][0] is None

    def forget(self, place: str) -> None:
        """Drop what an earlier visit or attempt left for the lines below `place`; a redriven one still needs it."""
        progress = self.run.record["progress"]
        below = f"{self.place}/{place}/"
        for known in [known for known in progress if known.startswith(below)]:
            progress.pop(known, None)

    def fork(self, place: str, cancelled: threading.Event) -> "Line":
        """A line inside the current state: it sees the variables assigned so far, what it assigns stays its own."""
        return Line(
            self.run,
            f"{self.place}/{place}",
            dict(self.variables),
            {**self.context, "State": dict(self.context.get("State", {}))},
            self.previous,
            cancelled,
            self,
        )


def failed(error: str | None, cause: str | None) -> Details:
    """Details of an event that carries an error; what is not there is left out."""
    return {name: text for name, text in (("error", error), ("cause", cause)) if text is not None}


def write(value: Any) -> str:
    """JSON as AWS writes it: no spaces, characters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _details_name(event_type: str) -> str:
    for end, name in (("StateEntered", "stateEntered"), ("StateExited", "stateExited")):
        if event_type.endswith(end):
            return f"{name}EventDetails"
    return f"{event_type[0].lower()}{event_type[1:]}EventDetails"
