"""Where the states of a graph lie on the picture: coordinates by graphviz, in a child process that can be killed.

graphviz holds the interpreter and cannot be stopped, so it never runs in the asking process. `lay_out` gives None when
it takes too long: the page then shows the graph as text. `workflows.graphviz` is the child.
"""

import hashlib
import json
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.asl.graph import UNDRAWN, Edge, Graph, Node
from workflows.asl.loops import leading_back
from workflows.children import Child, Died, Late

SECONDS = 2.0
KEPT = 256  # layouts kept, by the sha256 of what is laid out; one that could not be made is kept as well

_WEIGHT = {"start": 8, "next": 8, "enter": 8, "rule": 2, "default": 2, "catch": 0, "join": 2, "below": 0}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its left upper corner, in pixels, y downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """The middle of it."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Route:
    """An edge's way: Bezier control points (1 + 3n), where its arrow ends, and the middle of its label."""

    points: tuple[Point, ...]
    tip: Point | None
    label: Point | None


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by id of node and cluster, routes in the order of the graph's edges (None: not drawn)."""

    width: float
    height: float
    nodes: Mapping[str, Box]
    clusters: Mapping[str, Box]
    routes: tuple[Route | None, ...]


def lay_out(graph: Graph) -> Layout | None:
    """Coordinates for a graph, or None when they cannot be had within two seconds; both answers are kept."""
    if not graph.is_whole:
        return None
    dot = _dot(graph)
    key = hashlib.sha256(dot.encode()).hexdigest()
    with _kept_lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    layout = _asked(graph)
    with _kept_lock:
        _kept[key] = layout
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return layout


def forget() -> None:
    """Lay out anew what is asked for next: only a measurement wants that."""
    with _kept_lock:
        _kept.clear()


def _asked(graph: Graph) -> Layout | None:
    back = leading_back(graph)
    try:
        answer = json.loads(_child.ask(json.dumps(_dot(graph, back)), SECONDS))
    except (Late, Died):
        return None
    return _read(graph, answer, back) if answer else None


_kept: OrderedDict[str, Layout | None] = OrderedDict()
_kept_lock = threading.Lock()


# -- sizes: what a node and a label need, so that the drawing fits what was laid out ----------------------------------

NODE_HEIGHT = 46.0
LINE_HEIGHT = 15.0
_NARROW, _WIDE = frozenset("fijlrt.,:;'|!()[]/- "), frozenset("wM@%&…—")
_WIDEST = frozenset("Wm")
_LAST_LATIN = "\u024f"


def text_width(text: str, size: float) -> float:
    """About how wide a bold text of that many pixels is in the widest system fonts: rather too wide than too narrow."""
    return sum(map(_units, text)) * size


def _units(character: str) -> float:
    """The width of a character, in sizes of the font."""
    if character in _NARROW:
        return 0.42
    if character in _WIDE:
        return 1.02
    if character in _WIDEST:
        return 1.11
    if character > _LAST_LATIN:  # other scripts have wider letters, and come in fonts that nobody knows here
        return 1.3 if character.isupper() or character > "\uffff" else 1.11
    return 0.77 if character.isupper() else 0.67


def node_size(node: Node) -> tuple[float, float]:
    """Width and height of a node, in pixels."""
    if node.type == "Start":
        return 16.0, 16.0
    if node.type == "Join":
        return 2.0, 2.0
    title = max((text_width(line, 13.5) for line in node.lines), default=0.0) + 8  # a badge covers the corner
    notes = max((text_width(note.text, 11) for note in node.notes), default=0.0)
    height = 14 + 17 * len(node.lines) + 15 * len(node.notes)
    return max(120.0, math.ceil(max(title, notes) + 54)), max(NODE_HEIGHT, float(height))


def label_size(edge: Edge) -> tuple[float, float]:
    """Width and height of an edge's label with its ground, in pixels; nothing without one."""
    if not edge.lines:
        return 0.0, 0.0
    return math.ceil(max(text_width(line, 11.5) for line in edge.lines)) + 14.0, LINE_HEIGHT * len(edge.lines) + 6


# -- graphviz's language, with ids of our own making only: no text of a definition gets in ----------------------------


def _dot(graph: Graph, back: frozenset[int] = frozenset()) -> str:
    """The graph for graphviz; edges that lead `back` are laid out the other way, so that all the others lead down."""
    laid = "rankdir=LR nodesep=0.25 ranksep=0.9" if graph.leads_across else "rankdir=TB nodesep=0.4 ranksep=0.45"
    lines = [
        "digraph {",
        f"graph [compound=true {laid} margin=0 pad=0]",
        'node [shape=box fixedsize=true label=""]',
        "edge [arrowsize=0.8]",
    ]
    lines += _clusters(graph)
    lines += [_edge(edge, at, is_back=at in back) for at, edge in enumerate(graph.edges)]
    return "\n".join([*lines, "}"])


def _clusters(graph: Graph) -> list[str]:
    """Nodes within the clusters they lie in."""
    inside: dict[str | None, list[str]] = {}
    for node in graph.nodes:
        width, height = node_size(node)
        inside.setdefault(node.cluster, []).append(f"{node.id} [width={width / 72:.4f} height={height / 72:.4f}]")
    for cluster in reversed(graph.clusters):  # inner ones come after the one around them
        block = [f"subgraph cluster_{cluster.id} {{", "margin=14", *inside.pop(cluster.id, []), "}"]
        inside.setdefault(cluster.parent, []).extend(block)
    return inside.get(None, [])


def _edge(edge: Edge, at: int, *, is_back: bool) -> str:
    tail, head, out_of, into = edge.tail, edge.head, edge.out_of, edge.into
    if is_back:
        tail, head, out_of, into = head, tail, into, out_of
    attributes = [f"id={at}", f"weight={8 if edge.is_first else _WEIGHT[edge.kind]}"]
    if is_back:
        attributes.append("dir=back")
    if into is not None:
        attributes.append(f"lhead=cluster_{into}")
    if out_of is not None:
        attributes.append(f"ltail=cluster_{out_of}")
    if edge.kind in UNDRAWN:
        attributes.append("style=invis")
    width, height = label_size(edge)
    if width:
        cell = f'FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height:.0f}" BORDER="0"'
        attributes.append(f"label=<<TABLE {cell}><TR><TD></TD></TR></TABLE>>")
    return f"{tail} -> {head} [{' '.join(attributes)}]"


# -- graphviz's answer ------------------------------------------------------------------------------------------------


def _read(graph: Graph, found: Mapping[str, Any], back: frozenset[int]) -> Layout:
    """Turn json0 into boxes and routes; graphviz counts y upwards."""
    _, _, width, height = _numbers(found["bb"])
    sizes = {node.id: node_size(node) for node in graph.nodes}
    nodes, clusters = {}, {}
    for item in found.get("objects", []):
        name = item["name"]
        if name in sizes:
            (x, y), (w, h) = _numbers(item["pos"]), sizes[name]
            nodes[name] = Box(x - w / 2, height - y - h / 2, w, h)
        elif name.startswith("cluster_"):
            left, bottom, right, top = _numbers(item["bb"])
            clusters[name.removeprefix("cluster_")] = Box(left, height - top, right - left, top - bottom)
    routes: list[Route | None] = [None] * len(graph.edges)
    for item in found.get("edges", []):
        if "pos" in item:
            number = int(item["id"])
            routes[number] = _route(item, height, is_back=number in back)
    return Layout(width, height, nodes, clusters, tuple(routes))


def _route(item: Mapping[str, Any], height: float, *, is_back: bool) -> Route:
    tip, points = None, list[Point]()
    for part in item["pos"].partition(";")[0].split():
        *mark, x, y = part.split(",")
        point = (float(x), height - float(y))
        if mark == ["s" if is_back else "e"]:
            tip = point
        elif not mark:
            points.append(point)
    label = None
    if "lp" in item:
        x, y = _numbers(item["lp"])
        label = (x, height - y)
    return Route(tuple(reversed(points) if is_back else points), tip, label)


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


_child = Child("workflows.graphviz")
