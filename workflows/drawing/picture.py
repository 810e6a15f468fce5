"""A picture as plain values, for the template to write out: where everything stands, its class, what it says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workflows.asl.graph import UNDRAWN, Edge, Graph, Node
from workflows.drawing.paths import SAID, Hop, TakenPath
from workflows.drawing.sentences import times
from workflows.layout import LINE_HEIGHT, Box, Layout, Point, Route, label_size

_MARGIN = 14.0
_SMALL = 640.0  # pixels wide: shrunk to a phone or the space beside a form, its text can still be read
_LOW = 560.0  # pixels high: seen whole beside what a page says of it
_MOST_SAID = 20  # ways told in the title of a state; the text list has them all
_TELLING = {"failed", "running"}
_LEAST = 0.75  # of their size: so far larger ones shrink before they scroll

# In a square of 16 by 16.
_ICONS = {
    "Task": "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
    "Choice": "M8 1.5 14.5 8 8 14.5 1.5 8z",
    "Pass": "M2 8h11.5M9.5 4l4 4-4 4",
    "Wait": "M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M8 4.75V8l2.5 1.5",
    "Succeed": "M2.5 8.5 6.25 12.25 13.5 4.5",
    "Fail": "M3.5 3.5l9 9M12.5 3.5l-9 9",
    "Parallel": "M8 1.5v3M3 14.5V7.5a3 3 0 0 1 3-3h4a3 3 0 0 1 3 3v7M1 12.5l2 2 2-2M11 12.5l2 2 2-2",
    "Map": "M5.5 2.5h8v8M2.5 5.5h8v8h-8z",
}
# Around the middle of a badge.
_SIGNS = {
    "ok": "M-4 .25-1.25 3 4-2.75",
    "failed": "M-3-3 3 3M3-3-3 3",
    "caught": "M0-4.5V.75M0 4v.01",
    "running": "M-2.25-3.5 3.5 0-2.25 3.5z",
    "aborted": "M-3 0H3",
    "predicted": "M-3.5 0H3.5M.75-2.75 3.5 0 .75 2.75",
}


@dataclass(frozen=True, slots=True)
class _Rect:
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class _Text:
    x: str
    y: str
    text: str
    classes: str = ""


@dataclass(frozen=True, slots=True)
class _Count:
    x: str
    width: str
    text_x: str
    text: str


@dataclass(frozen=True, slots=True)
class _Node:
    classes: str
    said: str
    href: str
    box: _Rect
    focus: _Rect
    chip: _Rect
    icon: str
    icon_at: str
    lines: list[_Text]
    end_at: str
    badge: str
    badge_at: str
    count: _Count | None
    look: int | None


@dataclass(frozen=True, slots=True)
class _Edge:
    classes: str
    title: str
    path: str
    arrow: str
    label: _Rect | None
    label_lines: list[_Text]
    look: int | None


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    label: str
    width: str
    height: str
    least: str
    has_path: bool
    clusters: list[_Rect]
    edges: list[_Edge]
    nodes: list[_Node]
    starts: list[_Rect]


def picture(
    graph: Graph,
    layout: Layout,
    taken: TakenPath | None,
    predicted: TakenPath | None,
    link: Callable[[str], str] | None,
) -> Picture:
    """Everything a picture shows; `link` gives the address of a state."""
    along = {
        **_edges_along(graph, predicted, "predicted"),
        **_edges_along(graph, taken, "taken"),
    }
    looks = _looks(taken or predicted)
    edges = [
        _edge(edge, route, along.get(number, ""), looks)
        for number, (edge, route) in enumerate(zip(graph.edges, layout.routes, strict=True))
        if route is not None and edge.kind not in UNDRAWN
    ]
    states = [node for node in graph.nodes if node.state]
    return Picture(
        label=_label(states, taken, predicted),
        width=_n(layout.width + 2 * _MARGIN),
        height=_n(layout.height + 2 * _MARGIN),
        least="" if layout.width <= _SMALL else str(round(_LEAST * (layout.width + 2 * _MARGIN))),
        has_path=taken is not None or predicted is not None,
        clusters=[_rect(layout.clusters[cluster.id]) for cluster in graph.clusters if cluster.id in layout.clusters],
        edges=sorted(edges, key=lambda edge: "taken" in edge.classes),  # what was taken lies on top
        nodes=[_node(node, layout.nodes[node.id], taken, predicted, link, looks) for node in states],
        starts=[_start(layout.nodes[node.id]) for node in graph.nodes if node.type == "Start"],
    )


def is_large(layout: Layout) -> bool:
    """Whether the picture may have to be scrolled where there is little room."""
    return layout.width > _SMALL or layout.height > _LOW


def _looks(path: TakenPath | None) -> dict[str | Hop | None, int]:
    """What to look at, the most telling first: what failed or runs, then each branch, its Choice, its target."""
    if path is None:
        return {}
    wanted: list[str | Hop | None] = [path.here] if path.statuses.get(path.here or "") in _TELLING else []
    for hop in path.branches:
        wanted += [hop, hop.source, hop.target]
    return {one: rank for rank, one in enumerate(dict.fromkeys(wanted or [path.here]))}


def _label(states: Sequence[Node], taken: TakenPath | None, predicted: TakenPath | None) -> str:
    said = f"State machine of {len(states)} states" if len(states) != 1 else "State machine of one state"
    if taken is not None:
        return f"{said}; {sum(node.state in taken.statuses for node in states)} of them were reached"
    return f"{said}, with the predicted path" if predicted is not None else said


def _edges_along(graph: Graph, path: TakenPath | None, name: str) -> dict[int, str]:
    """The numbers of the edges a path goes along."""
    if path is None:
        return {}
    hops: dict[tuple[str | None, str | None], set[Hop]] = {}
    for hop in path.hops:
        hops.setdefault((hop.source, hop.target), set()).add(hop)
    return {
        number: name
        for number, edge in enumerate(graph.edges)
        if (edge.kind == "enter" and edge.source in path.statuses and edge.target in path.statuses)
        or any(
            hop.is_caught == (edge.kind == "catch") and hop.rule in {None, edge.rule}
            for hop in hops.get((edge.source, edge.target), ())
        )
    }


def _edge(edge: Edge, route: Route, along: str, looks: Mapping[str | Hop | None, int]) -> _Edge:
    source = edge.source if edge.source is not None else "Start"
    width, height = label_size(edge)
    label, lines = None, list[_Text]()
    if route.label is not None and edge.lines:
        x, y = route.label
        label = _rect(Box(x - width / 2, y - height / 2, width, height))
        top = y - height / 2 + 14
        lines = [_Text(_at(x), _at(top + at * LINE_HEIGHT), line) for at, line in enumerate(edge.lines)]
    return _Edge(
        classes=f"graph-edge-{edge.kind}" + (f" graph-edge-{along}" if along else ""),
        title=f"{source} to {edge.target}" + (f": {edge.label}" if edge.label else ""),
        path=_curve(route.points),
        arrow=_arrow(route.points[-1], route.tip) if route.tip else "",
        label=label,
        label_lines=lines,
        look=looks.get(Hop(edge.source, edge.target, edge.rule)) if along and edge.target else None,
    )


def _node(
    node: Node,
    box: Box,
    taken: TakenPath | None,
    predicted: TakenPath | None,
    link: Callable[[str], str] | None,
    looks: Mapping[str | Hop | None, int],
) -> _Node:
    status = _status(node.state, taken, predicted)
    visits = taken.counts.get(node.state, 0) if taken else 0
    parts = [node.state, *(note.text for note in node.notes if note.target is None)]
    parts += [mark.text for mark in node.marks[:_MOST_SAID]]
    parts += [SAID.get(status, "")]
    marks = f" graph-node-{status}" + (" graph-visited" if status not in {"", "unreached"} else "") if status else ""
    middle = box.y + box.height / 2
    return _Node(
        classes=f"graph-type-{node.type}{marks}",
        said=", ".join(part for part in parts if part) + times(visits),
        href=link(node.state) if link else "",
        box=_rect(box),
        focus=_rect(Box(box.x - 4, box.y - 4, box.width + 8, box.height + 8)),
        chip=_rect(Box(box.x + 9, middle - 13, 26, 26)),
        icon=_ICONS.get(node.type, _ICONS["Pass"]),
        icon_at=f"{_at(box.x + 14)} {_at(middle - 8)}",
        lines=_node_lines(node, box, _left_by(node.state, taken)),
        end_at=f"{_at(box.x + box.width / 2)} {_at(box.y + box.height)}" if node.is_end else "",
        badge=_SIGNS.get(status, ""),
        badge_at=f"{_at(box.x + box.width - 3)} {_at(box.y - 2)}",
        count=_count(visits) if visits > 1 else None,
        look=looks.get(node.state),
    )


def _status(state: str, taken: TakenPath | None, predicted: TakenPath | None) -> str:
    if taken is not None and state in taken.statuses:
        return taken.statuses[state]
    if predicted is not None and state in predicted.statuses:
        return predicted.statuses[state]
    return "unreached" if taken is not None or predicted is not None else ""


def _left_by(state: str, taken: TakenPath | None) -> set[tuple[bool, str]]:
    """Where a state was left to, and whether that was by a Catch."""
    return {(hop.is_caught, hop.target) for hop in taken.hops if hop.source == state} if taken else set()


def _node_lines(node: Node, box: Box, left_by: set[tuple[bool, str]]) -> list[_Text]:
    tall = 17 * len(node.lines) + 15 * len(node.notes)
    y = box.y + (box.height - tall) / 2 + 13
    lines = []
    for line in node.lines:
        lines.append(_Text(_at(box.x + 43), _at(y), line, "graph-title"))
        y += 17
    for note in node.notes:
        classes = "graph-note" if note.target is None else f"graph-note graph-note-{note.kind}"
        classes += " graph-note-taken" if (note.kind == "catch", note.target) in left_by else ""
        lines.append(_Text(_at(box.x + 43), _at(y - 1), note.text, classes))
        y += 15
    return lines


def _count(visits: int) -> _Count:
    text = f"×{visits}"
    width = 11 + 6.5 * len(text)
    return _Count(_n(-width - 10), _n(width), _n(-width / 2 - 10), text)


def _start(box: Box) -> _Rect:
    (x, y), radius = box.centre, box.width / 2
    return _Rect(_at(x), _at(y), _n(radius), _n(radius))


def _rect(box: Box) -> _Rect:
    return _Rect(_at(box.x), _at(box.y), _n(box.width), _n(box.height))


def _curve(points: Sequence[Point]) -> str:
    start, *rest = [f"{_at(x)} {_at(y)}" for x, y in points]
    return f"M{start}C{' '.join(rest)}" if rest else f"M{start}"


def _arrow(base: Point, tip: Point) -> str:
    """A triangle from where the line ends to where it points."""
    dx, dy = tip[0] - base[0], tip[1] - base[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    side = (-dy / length * 4.0, dx / length * 4.0)
    corners = [tip, (base[0] + side[0], base[1] + side[1]), (base[0] - side[0], base[1] - side[1])]
    return " ".join(f"{_at(x)},{_at(y)}" for x, y in corners)


def _at(value: float) -> str:
    """A coordinate, the margin added."""
    return _n(value + _MARGIN)


def _n(value: float) -> str:
    """A length, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
