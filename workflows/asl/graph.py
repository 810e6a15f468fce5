"""A state machine as nodes, edges and clusters, with every rule in words. No coordinates and no colours here."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

from workflows.asl.model import Choice, Fail, State, StateMachine, Succeed
from workflows.asl.words import errors, note, rule_text, wrap

Rule = int | Literal["default"] | None
EdgeKind = Literal["start", "next", "rule", "default", "catch", "enter", "join", "below"]

UNDRAWN = frozenset({"join", "below"})  # only for the layout: where a cluster is left, what lies under what

SHARED = 3  # a state that catches more than this many times is named at its sources instead of drawn to
CHOSEN = 15  # and one that more Choices than this lead to
TITLE, NOTE, LABEL = 26, 34, 34  # characters a line
MARKS = 2  # ways named at a state
MOST_STATES, MOST_WAYS = 2_000, 10_000  # nobody reads a larger picture, and none can be laid out in time


@dataclass(frozen=True, slots=True)
class Mark:
    """A Catch or a rule that is written at its state: the errors or the rule in words, and where it goes."""

    label: str
    target: str
    kind: EdgeKind = "catch"
    rule: Rule = None

    @property
    def text(self) -> str:
        """The whole way in words; a rule may be long, so where it leads stands first."""
        return f"{self.label} → {self.target}" if self.kind == "catch" else f"→ {self.target}: {self.label}"


@dataclass(frozen=True, slots=True)
class Note:
    """A small line under a state's name; `target` is set where it names a way."""

    text: str
    target: str | None = None
    kind: EdgeKind = "catch"


@dataclass(frozen=True, slots=True)
class Node:
    """A state; or, with an empty `state`, a place to start from or to leave a cluster by."""

    id: str
    state: str
    type: str
    cluster: str | None
    lines: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    marks: tuple[Mark, ...] = ()
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from state to state. `tail` and `head` are node ids, `into` and `out_of` the clusters it is cut at."""

    kind: EdgeKind
    source: str | None
    target: str | None
    tail: str
    head: str
    label: str = ""
    rule: Rule = None
    is_first: bool = False
    lines: tuple[str, ...] = ()
    into: str | None = None
    out_of: str | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is drawn inside a Map or Parallel state: its iterations or branches."""

    id: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order of the definition; an outer cluster comes before those inside it.

    One that is not whole has the first states and ways of a definition with very many; one that leads across is laid
    out from left to right, so that what has little to do with each other stands below each other.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...]
    is_whole: bool = True
    leads_across: bool = False


def build(machine: StateMachine) -> Graph:
    """The graph of a machine; a reference to a state that is not there is left out."""
    builder = _Builder()
    builder.add(machine, None)
    return Graph(tuple(builder.nodes), tuple(builder.edges), tuple(builder.clusters), builder.is_whole)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a state is entered and left: of a Map or Parallel the first and last node in its cluster."""

    state: str | None
    entry: str
    exit: str
    cluster: str | None = None


@dataclass(slots=True)
class _Builder:
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)

    states_left: int = MOST_STATES
    ways_left: int = MOST_WAYS
    is_whole: bool = True

    def add(self, machine: StateMachine, around: _Place | None) -> list[_Place]:
        """Add the states of one machine with the machines inside them, then the ways between them.

        Gives its last states.
        """
        cluster, edges_before = around.cluster if around else None, len(self.edges)
        if around is None:
            around_start = _Place(None, *[self._node("", "Start", None)] * 2)
        ways = self._ways_of(machine)
        shared = _shared(ways.values())
        places = {
            name: self._state(machine.states[name], cluster, _marked(leading, shared)) for name, leading in ways.items()
        }
        start = places.get(machine.start_at)
        if start is not None:
            self._edge("enter" if around else "start", around or around_start, start, is_first=True)
        for name, leading in ways.items():
            for way in leading:
                if way.target in places and (way.group, way.target) not in shared:
                    self._edge(way.kind, places[name], places[way.target], way.label, way.rule, way.is_first)
        drawn = {edge.target for edge in self.edges[edges_before:] if edge.kind not in UNDRAWN}
        self._put_below(ways, places, shared, drawn)
        return [place for name, place in places.items() if _is_last(machine.states[name])]

    def _ways_of(self, machine: StateMachine) -> "_Ways":
        """The states of a machine that there is room for, each with the ways that there is room for."""
        found: _Ways = {}
        for name, state in islice(machine.states.items(), self.states_left):
            leading = list(islice(_ways(state), self.ways_left + 1))
            self.is_whole = self.is_whole and len(leading) <= self.ways_left
            found[name] = leading[: self.ways_left]
            self.ways_left -= len(found[name])
        self.is_whole = self.is_whole and len(found) == len(machine.states)
        self.states_left -= len(found)
        return found

    def _put_below(self, ways: "_Ways", places: dict[str, _Place], shared: "_Shared", drawn: set[str | None]) -> None:
        """A state that nothing is drawn to because all share it goes below the last one that names it."""
        last: dict[str, str] = {}
        for name, leading in ways.items():
            last |= {way.target: name for way in _marked(leading, shared) if way.target != name}
        for target, name in sorted(last.items()):
            if target in places and target not in drawn:
                self._edge("below", places[name], places[target])

    def _state(self, state: State, cluster: str | None, marked: "Sequence[_Way]") -> _Place:
        inner = state.inner
        own = f"c{len(self.clusters)}" if inner else None
        if own is not None:
            self.clusters.append(Cluster(own, cluster))
        marks = tuple(Mark(way.label, way.target, way.kind, way.rule) for way in marked)
        entry = self._node(state.name, state.type, own or cluster, state, marks)
        place, last = _Place(state.name, entry, entry, own), list[_Place]()
        for machine in inner:
            if not self.states_left:
                self.is_whole = False
                break
            last += self.add(machine, place)
        return replace(place, exit=self._joined(last, own)) if last else place

    def _joined(self, last: Sequence[_Place], cluster: str | None) -> str:
        """The node a cluster is left by: its last state, so that the way goes straight on, or one below them all."""
        if len(last) == 1:
            return last[0].exit
        joint = _Place(None, *[self._node("", "Join", cluster)] * 2)
        for place in last:
            self._edge("join", place, joint)
        return joint.exit

    def _node(
        self, name: str, kind: str, cluster: str | None, state: State | None = None, marks: tuple[Mark, ...] = ()
    ) -> str:
        number = f"n{len(self.nodes)}"
        if state is None:
            self.nodes.append(Node(number, name, kind, cluster))
            return number
        notes = [Note(wrap(note(state), NOTE, 1)[0])]
        notes += [Note(wrap(mark.text, NOTE, 1)[0], mark.target, mark.kind) for mark in marks[:MARKS]]
        if len(marks) > MARKS:
            notes.append(Note(f"and {len(marks) - MARKS} more", marks[MARKS].target, marks[MARKS].kind))
        self.nodes.append(
            Node(
                number,
                name,
                kind,
                cluster,
                lines=wrap(name, TITLE) or (name,),
                notes=tuple(notes),
                marks=marks,
                is_end=_is_last(state),
            )
        )
        return number

    def _edge(
        self,
        kind: EdgeKind,
        tail: _Place,
        head: _Place,
        label: str = "",
        rule: Rule = None,
        is_first: bool = False,
    ) -> None:
        enters = kind == "enter"
        self.edges.append(
            Edge(
                kind,
                tail.state,
                head.state,
                tail.entry if enters else tail.exit,
                head.entry,
                label,
                rule,
                is_first,
                lines=wrap(label, LABEL) if kind in {"rule", "default", "catch"} else (),
                into=head.cluster,
                out_of=None if enters else tail.cluster,
            )
        )


@dataclass(frozen=True, slots=True)
class _Way:
    kind: EdgeKind
    target: str
    label: str = ""
    rule: Rule = None
    is_first: bool = False

    @property
    def group(self) -> EdgeKind:
        """What is counted together with it: rules and defaults are."""
        return "rule" if self.kind == "default" else self.kind


_Ways = dict[str, list[_Way]]
_Shared = frozenset[tuple[EdgeKind, str]]
_MOST: dict[EdgeKind, int] = {"catch": SHARED, "rule": CHOSEN}


def _ways(state: State) -> Iterator[_Way]:
    """Every state that a state may lead to, the likeliest first."""
    if isinstance(state, Choice):
        for number, rule in enumerate(state.rules):
            if rule.next:
                yield _Way("rule", rule.next, rule_text(rule.test), number, is_first=not number)
        if state.default:
            yield _Way("default", state.default, "otherwise", "default")
    elif state.next:
        yield _Way("next", state.next, is_first=True)
    for catcher in state.catch:
        if catcher.next:
            yield _Way("catch", catcher.next, errors(catcher))


def _is_last(state: State) -> bool:
    return isinstance(state, Succeed | Fail) or state.is_end


def _shared(ways: Iterable[Sequence[_Way]]) -> _Shared:
    """The states, by how they are led to, that too many lead to for each way to be drawn."""
    counts = Counter[tuple[EdgeKind, str]]()
    for leading in ways:
        counts.update((way.group, way.target) for way in leading if way.kind == "catch")
        counts.update({(way.group, way.target) for way in leading if way.kind != "catch"})  # one Choice counts once
    return frozenset(one for one, count in counts.items() if count > _MOST.get(one[0], count))


def _marked(ways: Sequence[_Way], shared: _Shared) -> list[_Way]:
    """The ways of a state that are written at it instead of drawn."""
    return [way for way in ways if (way.group, way.target) in shared] if shared else []
