"""What a traced history tells, as plain frozen values. No reading of events here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

RunStatus = Literal["running", "succeeded", "failed", "timed_out", "aborted"]
VisitStatus = Literal["ok", "failed", "caught", "running", "aborted"]
Outcome = Literal["succeeded", "failed", "timed_out", "running", "aborted"]
Links = Literal["recorded", "inferred"]


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


@dataclass(frozen=True, slots=True)
class Step:
    """One level of nesting: a Map's iteration or a Parallel's branch, each counted from 0."""

    state: str
    entered_event: int
    kind: Literal["iteration", "branch"]
    index: int | None

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {"state": self.state, "entered_event": self.entered_event, "kind": self.kind, "index": self.index}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a Task, Map or Parallel: from scheduled to its outcome."""

    event: int
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome
    error: str | None
    cause: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "event": self.event,
            "scheduled_at": _written(self.scheduled_at),
            "started_at": _written(self.started_at),
            "ended_at": _written(self.ended_at),
            "outcome": self.outcome,
            "error": self.error,
            "cause": self.cause,
        }


@dataclass(frozen=True, slots=True)
class Iteration:
    """One iteration of a Map visit; a retried Map runs the same index again."""

    index: int | None
    status: Literal["running", "succeeded", "failed", "aborted"]
    started_at: datetime | None
    ended_at: datetime | None

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "index": self.index,
            "status": self.status,
            "started_at": _written(self.started_at),
            "ended_at": _written(self.ended_at),
        }


@dataclass(frozen=True, slots=True)
class Visit:
    """One state entered and, if it came to that, left.

    `exited_at` is also set where no exit was recorded but the visit is over (failed, aborted). `input` and `output`
    are the recorded JSON texts, None where AWS left them out or cut them off (`truncated`). `next` is the state
    entered next, whichever way it was left.
    """

    state: str
    type: str
    entered_event: int
    exited_event: int | None
    entered_at: datetime | None
    exited_at: datetime | None
    status: VisitStatus
    input: str | None
    output: str | None
    truncated: bool
    attempts: tuple[Attempt, ...]
    iterations: tuple[Iteration, ...]
    path: tuple[Step, ...]
    next: str | None
    error: str | None
    cause: str | None
    redrives: int = 0

    @property
    def retries(self) -> int:
        """Attempts beyond the first that no redrive asked for."""
        return max(0, len(self.attempts) - 1 - self.redrives)

    @property
    def caught_by(self) -> str | None:
        """The state a Catch led to, where one did."""
        return self.next if self.status == "caught" else None

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "state": self.state,
            "type": self.type,
            "status": self.status,
            "entered_event": self.entered_event,
            "exited_event": self.exited_event,
            "entered_at": _written(self.entered_at),
            "exited_at": _written(self.exited_at),
            "input": self.input,
            "output": self.output,
            "truncated": self.truncated,
            "attempts": [attempt.as_dict() for attempt in self.attempts],
            "retries": self.retries,
            "redrives": self.redrives,
            "iterations": [iteration.as_dict() for iteration in self.iterations],
            "path": [step.as_dict() for step in self.path],
            "next": self.next,
            "error": self.error,
            "cause": self.cause,
            "caught_by": self.caught_by,
        }


@dataclass(frozen=True, slots=True)
class ChoiceResult:
    """The branch taken: `next` is observed, `rule` and `explained_next` come from the rules.

    Where the two disagree the observed one holds and `rule` is the one rule that leads there, if there is just one.
    `problem` says why nothing could be explained (then `agrees` stays true: nothing contradicts the history).
    `unread` is the rule that could not be read (its variable was missing, say): it failed there, at its last rule.
    """

    state: str
    next: str | None
    rule: int | Literal["default"] | None
    explained_next: str | None
    agrees: bool
    rules: tuple[Mapping[str, Any], ...]
    entered_event: int
    at: datetime | None
    problem: str | None
    unread: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "state": self.state,
            "next": self.next,
            "rule": self.rule,
            "explained_next": self.explained_next,
            "agrees": self.agrees,
            "rules": list(self.rules),
            "entered_event": self.entered_event,
            "at": _written(self.at),
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that carries an error, and the state it happened in, as far as that is known."""

    event: str
    id: int
    state: str | None
    error: str
    cause: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {"event": self.event, "id": self.id, "state": self.state, "error": self.error, "cause": self.cause}


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole history, read. `links` says whether AWS recorded what followed what, or it had to be inferred."""

    status: RunStatus
    links: Links
    started_at: datetime | None
    ended_at: datetime | None
    input: str | None
    output: str | None
    error: str | None
    cause: str | None
    redrives: int
    visits: tuple[Visit, ...]
    choices: tuple[ChoiceResult, ...]
    errors: tuple[Failure, ...]
    facts: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "status": self.status,
            "links": self.links,
            "started_at": _written(self.started_at),
            "ended_at": _written(self.ended_at),
            "input": self.input,
            "output": self.output,
            "error": self.error,
            "cause": self.cause,
            "redrives": self.redrives,
            "visits": [visit.as_dict() for visit in self.visits],
            "choices": [choice.as_dict() for choice in self.choices],
            "errors": [failure.as_dict() for failure in self.errors],
            "facts": dict(self.facts),
        }
