"""Which edges of a graph lead back to where a loop is entered, so that a picture can keep to one direction.

As in the theory of flow graphs: a loop is a strongly connected part, and its head the state it is entered by. The edges
to the head lead back; without them the rest of the part is looked at in the same way.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from workflows.asl.graph import Graph

MOST_LOOKED_AT = 50_000  # nodes, those of a loop inside a loop anew; beyond these a layout turns edges as it likes

_Ways = dict[str, list[tuple[int, str]]]  # from each node the numbers of its edges and where they lead


def leading_back(graph: Graph) -> frozenset[int]:
    """The numbers of the edges that lead back; without these the graph has no cycles."""
    ways: _Ways = {node.id: [] for node in graph.nodes}
    for number, edge in enumerate(graph.edges):
        ways[edge.tail].append((number, edge.head))
    rank = _ranks([node.id for node in graph.nodes], ways)
    back: set[int] = set()
    parts = [part for part in _parts(ways, ways) if _is_loop(part, ways)]
    left = MOST_LOOKED_AT
    while parts and left > 0:
        part = set(parts.pop())
        left -= len(part)
        head = min(part, key=rank.__getitem__)
        back.update(number for node in part for number, target in ways[node] if target == head)
        inner = {node: [way for way in ways[node] if way[1] in part and way[0] not in back] for node in part}
        parts += [one for one in _parts(part, inner) if _is_loop(one, inner)]
    return frozenset(back)


def _ranks(nodes: Sequence[str], ways: _Ways) -> dict[str, tuple[int, int]]:
    """How many steps each node is away from the start, then its place in the definition: the least is entered first."""
    away = {nodes[0]: 0} if nodes else {}
    queue = deque(away)
    while queue:
        node = queue.popleft()
        for _, target in ways[node]:
            if target not in away:
                away[target] = away[node] + 1
                queue.append(target)
    return {node: (away.get(node, len(nodes)), at) for at, node in enumerate(nodes)}


def _is_loop(part: Sequence[str], ways: _Ways) -> bool:
    return len(part) > 1 or any(target == part[0] for _, target in ways[part[0]])


def _parts(nodes: Iterable[str], ways: _Ways) -> list[list[str]]:
    """The strongly connected parts (Tarjan), without recursion: a chain may be long."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    open_nodes: list[str] = []
    is_open: set[str] = set()
    parts: list[list[str]] = []
    for first in nodes:
        if first in order:
            continue
        walk = [(first, iter(ways[first]))]
        order[first] = low[first] = len(order)
        open_nodes.append(first)
        is_open.add(first)
        while walk:
            node, rest = walk[-1]
            target = next((target for _, target in rest if target not in order or target in is_open), None)
            if target is None:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == order[node]:
                    at = open_nodes.index(node)
                    parts.append(open_nodes[at:])
                    is_open.difference_update(open_nodes[at:])
                    del open_nodes[at:]
            elif target in order:
                low[node] = min(low[node], order[target])
            else:
                order[target] = low[target] = len(order)
                open_nodes.append(target)
                is_open.add(target)
                walk.append((target, iter(ways[target])))
    return parts
