"""The picture in words, for whoever cannot see it or waits for its layout."""

from collections.abc import Iterable, Sequence

from workflows.asl.graph import UNDRAWN, Edge, Graph, Mark, Node, Rule
from workflows.drawing.paths import SAID, Entered, Hop, Inside, TakenPath

_MOST_NUMBERS = 12  # of iterations told one by one

_Reasons = dict[tuple[str | None, str | None, Rule], str]  # rules by where they lead from and to


def sentences(graph: Graph, path: TakenPath | None = None) -> list[str]:
    """The same in words: the path hop by hop (repeated ones counted), or every state and where it leads."""
    if path is None:
        return _says_states(graph)
    reasons = _reasons(graph)
    if path.entered:
        return _says_visits(path.entered, reasons)
    counted: dict[Hop, int] = {}
    for hop in path.hops:
        counted[hop] = counted.get(hop, 0) + 1
    return [_says_hop(hop, count, path, reasons) for hop, count in counted.items()]


def _says_visits(entered: Iterable[Entered], reasons: _Reasons) -> list[str]:
    """Visit by visit. Those that differ in nothing but the iteration or the turn of a loop share a sentence."""
    alike = dict[tuple[object, ...], list[Entered]]()
    for one in entered:
        outer, inner = one.inside[:-1], one.inside[-1:]
        within = (outer, *((level.state, level.kind) for level in inner))
        alike.setdefault((within, one.hop, one.status, one.error), []).append(one)
    return [_says_alike(group, reasons) for group in alike.values()]


def _says_alike(group: Sequence[Entered], reasons: _Reasons) -> str:
    one = group[0]
    hop, within = one.hop, [_says_level(level, [level.index]) for level in one.inside[:-1]]
    indexes = list(dict.fromkeys(each.inside[-1].index for each in group if each.inside))
    if one.inside:
        within.append(_says_level(one.inside[-1], indexes))
    place = f"Inside {', in '.join(within)}: " if within else ""
    start = f"{hop.source} to" if hop.source is not None else "starts at" if within else "Starts at"
    count = len(group) if len(group) > max(1, len(indexes)) else 1
    return f"{place}{start} {hop.target}{_says_why(hop, reasons)}{times(count)}; {hop.target}: {_says_result(one)}"


def _says_result(one: Entered) -> str:
    said = SAID[one.status]
    return said.replace("failed", f"failed with {one.error}", 1) if one.error else said


def _says_level(level: Inside, indexes: Sequence[int | None]) -> str:
    """A Map by AWS's own indexes, a Parallel's branches counted from 1, as everywhere on the page."""
    word, first = ("branch", 1) if level.kind == "branch" else ("iteration", 0)
    numbers = [str(index + first) for index in indexes if index is not None]
    if not numbers:
        return level.state
    if len(numbers) == 1:
        return f"{level.state}, {word} {numbers[0]}"
    words = "branches" if word == "branch" else "iterations"
    if len(numbers) > _MOST_NUMBERS:
        return f"{level.state}, {len(numbers)} {words}"
    return f"{level.state}, {words} {', '.join(numbers[:-1])} and {numbers[-1]}"


def _says_states(graph: Graph) -> list[str]:
    leading = dict[str | None, list[Edge]]()
    for edge in graph.edges:
        if edge.kind not in UNDRAWN:
            leading.setdefault(edge.source, []).append(edge)
    return [_says_state(node, leading.get(node.state, [])) for node in graph.nodes if node.state]


def _says_state(node: Node, leading: Sequence[Edge]) -> str:
    ways = [*map(_says_way, leading), *map(_says_way, node.marks)]
    if node.is_end:
        ways.append("the end")
    return f"{node.state} ({node.type})" + (f": {', '.join(ways)}" if ways else "")


def _says_way(edge: Edge | Mark) -> str:
    if edge.kind == "rule":
        return f"if {edge.label} to {edge.target}"
    if edge.kind == "catch":
        return f"on {edge.label} to {edge.target}"
    if edge.kind == "enter":
        return f"starts {edge.target}"
    return f"otherwise to {edge.target}" if edge.kind == "default" else f"to {edge.target}"


def _says_hop(hop: Hop, count: int, path: TakenPath, reasons: _Reasons) -> str:
    start = f"{hop.source} to " if hop.source is not None else "Starts at "
    status = SAID[path.statuses.get(hop.target, "unreached")]
    return f"{start}{hop.target}{_says_why(hop, reasons)}{times(count)}; {hop.target}: {status}"


def _says_why(hop: Hop, reasons: _Reasons) -> str:
    if hop.is_caught:
        return ", where the error was caught"
    if hop.rule == "default":
        return ", because no rule matched"
    reason = reasons.get((hop.source, hop.target, hop.rule))
    return f", because {reason}" if reason is not None else ""


def _reasons(graph: Graph) -> _Reasons:
    """Every rule in words, those drawn before those written at their state."""
    reasons: _Reasons = {}
    for edge in graph.edges:
        if edge.kind == "rule":
            reasons.setdefault((edge.source, edge.target, edge.rule), edge.label)
    for node in graph.nodes:
        for mark in node.marks:
            if mark.kind == "rule":
                reasons.setdefault((node.state, mark.target, mark.rule), mark.label)
    return reasons


def times(count: int) -> str:
    """How often, where it was more than once."""
    return f" ({count} times)" if count > 1 else ""
