"""PURE: lays out a flow as columns of bars and curves between them, as wide as their counts. Numbers, no markup."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from transactions.flows import Flow, Stream

WIDTH = 1000
COLUMNS = (0, 270, 520, 830)
BAR = 8
GAP = 16
SLOT = 18  # a label needs so much
THICKEST = 150
LONGEST_LABEL = 28
Key = tuple[str, ...]


@dataclass(slots=True)
class Bar:
    """A workflow, Choice, branch or outcome. As high as what passes it; `count` is what its label says."""

    column: int
    label: str
    title: str
    tone: str
    count: int = 0
    passing: int = 0
    y: float = 0
    height: float = 0
    entered: float = 0  # how much of its height curves have taken up so far, on either side
    left: float = 0

    @property
    def x(self) -> int:
        """Where its column is."""
        return COLUMNS[self.column]

    @property
    def text_x(self) -> int:
        """Where its label begins."""
        return self.x + BAR + 6

    @property
    def text_y(self) -> float:
        """The middle of its label."""
        return round(self.y + self.height / 2, 1)

    @property
    def shown(self) -> str:
        """The label, cut to its column."""
        return self.label if len(self.label) <= LONGEST_LABEL else f"{self.label[: LONGEST_LABEL - 1]}…"


@dataclass(frozen=True, slots=True)
class Curve:
    """So many went from one bar to another."""

    path: str
    width: float
    tone: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw, in a box of `width` by `height`."""

    width: int
    height: int
    bars: list[Bar]
    curves: list[Curve]


def lay_out(flow: Flow) -> Picture:
    """Bars in four columns, in the order of the streams, and a curve for each pair of bars that has any.

    A transaction passes once for each branch it took; a workflow and an outcome say how many transactions these are.
    """
    bars: dict[Key, Bar] = {}
    between: dict[tuple[Key, Key], list[Stream]] = defaultdict(list)
    for stream in flow.streams:
        stations = _stations(stream)
        for key, bar in stations.items():
            bars.setdefault(key, bar).passing += stream.count
        keys = list(stations)
        for pair in pairwise(keys):
            between[pair].append(stream)
    for key, bar in bars.items():
        bar.count = _counted(flow, bar, key)
    height = _place(list(bars.values()))
    thickness = _thickness(bars.values())
    curves = [_curve(bars[begin], bars[end], found, thickness) for (begin, end), found in between.items()]
    return Picture(WIDTH, height, list(bars.values()), curves)


def _stations(stream: Stream) -> dict[Key, Bar]:
    """The bars a stream passes, from left to right."""
    workflow, state, entered = stream.workflow, stream.state, stream.next
    nowhere = "No branch yet" if not stream.status.is_final else "Straight on"
    branch = entered or ("No branch taken" if state else nowhere)
    return {
        (workflow,): Bar(0, stream.title, stream.title, "neutral"),
        (workflow, state): Bar(1, state or "No Choice reached", state or "No Choice reached", "info"),
        (workflow, state, entered): Bar(2, branch, branch, "info"),
        ("", "", "", stream.status.value): Bar(3, stream.status.label, stream.status.label, stream.status.tone),
    }


def _counted(flow: Flow, bar: Bar, key: Key) -> int:
    if bar.column == 0:
        return flow.workflows[key[-1]]
    return flow.outcomes[key[-1]] if bar.column == len(COLUMNS) - 1 else bar.passing


def _thickness(bars: Iterable[Bar]) -> float:
    """How thick one transaction is: the fullest column is as high as it may be."""
    counts: dict[int, int] = defaultdict(int)
    for bar in bars:
        counts[bar.column] += bar.passing
    return THICKEST / max(counts.values(), default=1)


def _place(bars: list[Bar]) -> int:
    """Stack every column from the top; give the height of the highest."""
    thickness = _thickness(bars)
    free: dict[int, float] = defaultdict(lambda: float(GAP) / 2)
    for bar in bars:
        bar.height = round(max(bar.passing * thickness, 2), 1)
        slot = max(bar.height, SLOT)
        bar.y = round(free[bar.column] + (slot - bar.height) / 2, 1)
        free[bar.column] += slot + GAP
    return int(max(free.values(), default=0))


def _curve(begin: Bar, end: Bar, streams: list[Stream], thickness: float) -> Curve:
    count = sum(stream.count for stream in streams)
    width = max(count * thickness, 1)
    from_y, to_y = begin.y + begin.left + width / 2, end.y + end.entered + width / 2
    begin.left += width
    end.entered += width
    x, to_x = begin.x + BAR, end.x
    middle = (x + to_x) / 2
    is_outcome = end.column == len(COLUMNS) - 1
    return Curve(
        path=f"M{x},{from_y:.1f}C{middle},{from_y:.1f} {middle},{to_y:.1f} {to_x},{to_y:.1f}",
        width=round(width, 1),
        tone=end.tone if is_outcome else "neutral",
        title=f"{begin.title} → {end.title}: {count}",
        href=streams[0].href if len(streams) == 1 else "",
    )
