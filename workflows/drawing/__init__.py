"""A graph as SVG, and the same path as sentences. Geometry as attributes, colours by class (`graph.css`), no styles.

Plain values in, text out: no model, no AWS, no graphviz (`layout` says where things lie).
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from workflows.asl.graph import Graph
from workflows.asl.words import visible
from workflows.drawing.paths import Hop, TakenPath
from workflows.drawing.picture import is_large, picture
from workflows.drawing.sentences import sentences
from workflows.layout import Layout

__all__ = ["CSS", "Hop", "TakenPath", "draw", "figure", "sentences"]

CSS = Path(__file__).parents[2] / "controlplane" / "static" / "graph.css"


def draw(
    graph: Graph,
    layout: Layout,
    taken: TakenPath | None = None,
    predicted: TakenPath | None = None,
    *,
    link: Callable[[str], str] | None = None,
    title: str = "",
    alone: bool = False,
) -> SafeString:
    """The graph as an SVG element. `link` gives the address a state's node leads to; without one it takes the focus.

    `title` says what it is a picture of, if not of a state machine. `alone` makes a file that carries its own colours
    (light or dark as the viewer prefers).
    """
    shown = picture(graph, layout, taken, predicted, link)
    shown = replace(shown, label=title) if title else shown
    drawn = render_to_string("components/graph.svg", {"picture": shown, "css": _own_css() if alone else ""})
    return mark_safe(visible(drawn))  # noqa: S308 - no character of markup is among those replaced


def figure(
    graph: Graph,
    layout: Layout | None,
    taken: TakenPath | None = None,
    predicted: TakenPath | None = None,
    *,
    link: Callable[[str], str] | None = None,
) -> SafeString:
    """The picture with its sentences; the sentences alone (and open) where there is no layout."""
    values = {
        "picture": draw(graph, layout, taken, predicted, link=link) if layout else "",
        "sentences": sentences(graph, taken or predicted),
        "is_large": layout is not None and is_large(layout),
        "is_whole": graph.is_whole,
        "summary": "The path as text" if taken or predicted else "The states as text",
    }
    return render_to_string("components/graph.html", values)


def _own_css() -> str:
    """The stylesheet for a file of its own: dark where the viewer prefers it."""
    css = CSS.read_text().replace(".graph {", "svg { color-scheme: light dark; max-width: 100%; height: auto;", 1)
    return css.replace(".graph ", "svg ")
