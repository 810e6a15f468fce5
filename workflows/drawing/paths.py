"""What is shown along a graph: the states a run entered, or would enter, and the steps between them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workflows.asl.graph import Rule

SAID = {
    "ok": "succeeded",
    "failed": "failed",
    "caught": "failed, and the error was caught",
    "running": "running",
    "aborted": "aborted",
    "predicted": "predicted",
    "unreached": "not reached",
}
# What a state that was visited several times is shown as: the first of these that any visit has.
_GRAVITY = ("running", "failed", "caught", "aborted", "ok", "predicted")
_FEW = 3  # branches: they are looked at in their order


class Visited(Protocol):
    """What is asked of a visit: a traced one or a row."""

    @property
    def state(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def entered_event(self) -> int: ...
    @property
    def path(self) -> Sequence[Any]: ...
    @property
    def next(self) -> str | None: ...
    @property
    def caught_by(self) -> str | None: ...
    @property
    def error(self) -> str | None: ...


class Decided(Protocol):
    """What is asked of a Choice result: a traced one or a row."""

    @property
    def entered_event(self) -> int: ...
    @property
    def rule(self) -> Rule: ...


@dataclass(frozen=True, slots=True)
class Hop:
    """One step along a path: from a state (None: the start) to the next, by a rule where the state is a Choice."""

    source: str | None
    target: str
    rule: Rule = None
    is_caught: bool = False


@dataclass(frozen=True, slots=True)
class Inside:
    """A level of nesting a state was entered in: of which Map or Parallel, and which iteration or branch, from 0."""

    state: str
    kind: str
    index: int | None


@dataclass(frozen=True, slots=True)
class Entered:
    """One visit as it is told: how its state was entered (from None: first where it is), where, and its result."""

    hop: Hop
    status: str
    error: str
    inside: tuple[Inside, ...]


@dataclass(frozen=True, slots=True)
class TakenPath:
    """What a run did, or is predicted to do: a status and a count for each state entered, and the hops in order.

    `here` is the state to look at first: which failed, runs or was reached last. Of a run also each visit.
    """

    statuses: Mapping[str, str]
    counts: Mapping[str, int]
    hops: Sequence[Hop]
    entered: Sequence[Entered] = ()
    here: str | None = None

    @property
    def branches(self) -> list[Hop]:
        """The steps out of Choice states, each once, the most telling first: of many the last, where it was decided."""
        taken = list(dict.fromkeys(hop for hop in self.hops if hop.rule is not None))
        return taken if len(taken) <= _FEW else taken[::-1]

    @classmethod
    def of_visits(cls, visits: Iterable[Visited], choices: Iterable[Decided] = ()) -> "TakenPath":
        """The path of a traced run."""
        rules = {choice.entered_event: choice.rule for choice in choices}
        statuses, counts, hops = dict[str, str](), dict[str, int](), list[Hop]()
        visits = list(visits)
        for visit in visits:
            held = statuses.get(visit.state, visit.status)
            statuses[visit.state] = min(held, visit.status, key=_GRAVITY.index)
            counts[visit.state] = counts.get(visit.state, 0) + 1
            if not hops and not visit.path:
                hops.append(Hop(None, visit.state))
            if visit.next:
                hops.append(Hop(visit.state, visit.next, rules.get(visit.entered_event), visit.caught_by is not None))
        return cls(statuses, counts, hops, _entered(visits, rules), _here(visits))

    @classmethod
    def of_hops(cls, hops: Sequence[Hop], status: str = "predicted") -> "TakenPath":
        """A path made of hops alone, as a prediction is; every state on it has the one status."""
        counts = dict[str, int]()
        for hop in hops:
            counts[hop.target] = counts.get(hop.target, 0) + 1
        return cls(dict.fromkeys(counts, status), counts, hops, here=hops[-1].target if hops else None)


def _here(visits: Sequence[Visited]) -> str | None:
    """The state that failed last, which is the innermost; else the one that runs; else the last there is."""
    for wanted in ("failed", "running"):
        found = next((visit.state for visit in reversed(visits) if visit.status == wanted), None)
        if found is not None:
            return found
    return visits[-1].state if visits else None


def _entered(visits: Sequence[Visited], rules: Mapping[int, Rule]) -> list[Entered]:
    """Each visit with the step that led to it: iterations go on side by side, so that each is followed by itself."""
    latest = dict[tuple[Any, ...], Visited]()
    told = []
    for visit in visits:
        lane = tuple((step["entered_event"], step["index"]) for step in map(_level, visit.path))
        before = latest.get(lane)
        hop = Hop(None, visit.state)
        if before is not None and before.next == visit.state:
            hop = Hop(before.state, visit.state, rules.get(before.entered_event), before.caught_by is not None)
        inside = tuple(Inside(step["state"], step["kind"], step["index"]) for step in map(_level, visit.path))
        told.append(Entered(hop, visit.status, visit.error or "", inside))
        latest[lane] = visit
    return told


def _level(step: Any) -> Mapping[str, Any]:
    """A level as a mapping: rows keep it as JSON, a trace as a value."""
    level: Mapping[str, Any] = step if isinstance(step, Mapping) else step.as_dict()
    return level
