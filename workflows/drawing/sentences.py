"""The picture in words, for whoever cannot see it or waits for its layout."""

from workflows.asl.graph import UNDRAWN, Edge, Graph, Node
from workflows.drawing.paths import SAID, Hop, TakenPath


def sentences(graph: Graph, path: TakenPath | None = None) -> list[str]:
    """The same in words: the path hop by hop (repeated ones counted), or every state and where it leads."""
    if path is None:
        return [_says_state(node, graph) for node in graph.nodes if node.state]
    counted: dict[Hop, int] = {}
    for hop in path.hops:
        counted[hop] = counted.get(hop, 0) + 1
    said = [_says_hop(hop, count, path, graph) for hop, count in counted.items()]
    told = {hop.target for hop in counted}
    said += [
        f"{state}: {SAID[status]}{times(path.counts.get(state, 1))}"
        for state, status in path.statuses.items()
        if state not in told
    ]
    return said


def _says_state(node: Node, graph: Graph) -> str:
    ways = [_says_way(edge) for edge in graph.edges if edge.source == node.state and edge.kind not in UNDRAWN]
    ways += [f"on {mark.label} to {mark.target}" for mark in node.catches]
    if node.is_end:
        ways.append("the end")
    return f"{node.state} ({node.type})" + (f": {', '.join(ways)}" if ways else "")


def _says_way(edge: Edge) -> str:
    if edge.kind == "rule":
        return f"if {edge.label} to {edge.target}"
    if edge.kind == "catch":
        return f"on {edge.label} to {edge.target}"
    if edge.kind == "enter":
        return f"starts {edge.target}"
    return f"otherwise to {edge.target}" if edge.kind == "default" else f"to {edge.target}"


def _says_hop(hop: Hop, count: int, path: TakenPath, graph: Graph) -> str:
    start = f"{hop.source} to " if hop.source is not None else "Starts at "
    status = SAID[path.statuses.get(hop.target, "unreached")]
    return f"{start}{hop.target}{_says_why(hop, graph)}{times(count)}; {hop.target}: {status}"


def _says_why(hop: Hop, graph: Graph) -> str:
    if hop.is_caught:
        return ", where the error was caught"
    if hop.rule == "default":
        return ", because no rule matched"
    pair = (hop.source, hop.target, hop.rule)
    rules = [
        edge.label for edge in graph.edges if edge.kind == "rule" and (edge.source, edge.target, edge.rule) == pair
    ]
    return f", because {rules[0]}" if rules else ""


def times(count: int) -> str:
    """How often, where it was more than once."""
    return f" ({count} times)" if count > 1 else ""
