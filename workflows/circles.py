"""Finds the circles on the map: calls that make themselves, for certain or perhaps. Asks nobody anything."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflows.wiring import Maybe, Spot, Wire

Onward = Mapping[Spot, Sequence[Spot]]


@dataclass(frozen=True, slots=True)
class Circle:
    """Spots each of which calls the next, and the last the first. `why` says why that is not certain; empty: it is."""

    spots: tuple[Spot, ...]
    why: str = ""

    @property
    def title(self) -> str:
        """What it is."""
        return "Perhaps a circle" if self.why else "A circle"

    def __str__(self) -> str:
        names = [spot.name for spot in self.spots]
        way = " → ".join([*names, names[0]])
        if self.why:
            return f"{way}: perhaps each call makes another, without end. {self.why}"
        return f"{way}: each call may make another, without end."


def find(wires: Iterable[Wire], maybes: Iterable[Maybe]) -> Iterator[Circle]:
    """Each circle once: those the wires show, beginning with the spot that comes first by name; then the others."""
    onward: dict[Spot, list[Spot]] = defaultdict(list)
    for wire in wires:
        if wire.sets_off:
            onward[wire.source].append(wire.target)
    seen: set[frozenset[Spot]] = set()
    for start in sorted(onward, key=lambda spot: spot.label):
        way = _way(start, start, onward)
        if way and frozenset(way) not in seen:
            seen.add(frozenset(way))
            yield Circle(way)
    unsure = [one for one in maybes if one.target not in onward.get(one.source, ())]
    for one in unsure:
        onward[one.source].append(one.target)
    for one in sorted(unsure, key=lambda maybe: (maybe.source.label, maybe.target.label)):
        way = (one.source,) if one.source == one.target else _way(one.target, one.source, onward, (one.source,))
        if way and frozenset(way) not in seen:
            seen.add(frozenset(way))
            yield Circle(way, one.why)


def _way(start: Spot, end: Spot, onward: Onward, before: tuple[Spot, ...] = ()) -> tuple[Spot, ...] | None:
    """The shortest way from one spot that leads to another, which itself is not part of it; behind `before`."""
    ways: list[tuple[Spot, ...]] = [(start,)]
    been = {start}
    while ways:
        way = ways.pop(0)
        for spot in onward.get(way[-1], ()):
            if spot == end:
                return (*before, *way)
            if spot not in been:
                been.add(spot)
                ways.append((*way, spot))
    return None
