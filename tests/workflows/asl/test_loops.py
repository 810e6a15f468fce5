"""Which edges lead back: those to where a loop is entered, whatever stands first in the definition."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import takes_less_than
from workflows.asl import graph, parse
from workflows.asl.graph import Graph
from workflows.asl.loops import leading_back


def built(ways: dict[str, list[str]], start: str = "A") -> Graph:
    """The graph of a machine of Choice states that lead where `ways` says."""
    states: dict[str, Any] = {name: {"Type": "Succeed"} for targets in ways.values() for name in targets}
    for name, targets in ways.items():
        rules = [{"Variable": "$.n", "NumericEquals": at, "Next": target} for at, target in enumerate(targets)]
        states[name] = {"Type": "Choice", "Choices": rules}
    machine = parse({"StartAt": start, "States": dict(sorted(states.items()))}).machine
    assert machine
    return graph.build(machine)


def back(ways: dict[str, list[str]], start: str = "A") -> set[str]:
    shown = built(ways, start)
    return {f"{shown.edges[number].source}{shown.edges[number].target}" for number in leading_back(shown)}


@pytest.mark.parametrize(
    ("ways", "wanted"),
    [
        ({"A": ["B", "C"], "B": ["C"]}, set()),
        ({"A": ["B"], "B": ["A", "C"]}, {"BA"}),
        ({"A": ["A", "B"]}, {"AA"}),
        ({"A": ["B"], "B": ["C"], "C": ["A", "B", "D"]}, {"CA", "CB"}),
        # Entered at two places, as near to the start: the definition's order says which of them comes first.
        ({"A": ["C", "B"], "B": ["C"], "C": ["B", "D"]}, {"CB"}),
    ],
)
def test_an_edge_to_where_the_loop_is_entered_leads_back(ways: dict[str, list[str]], wanted: set[str]) -> None:
    assert back(ways) == wanted


def test_the_start_counts_more_than_the_order_of_the_definition() -> None:
    assert back({"C": ["B"], "B": ["A"], "A": ["C", "B", "D"]}, start="C") == {"AC", "AB"}


@given(
    st.dictionaries(
        st.sampled_from("ABCDEFG"), st.lists(st.sampled_from("ABCDEFG"), min_size=1, max_size=4), min_size=1
    )
)
def test_without_the_edges_that_lead_back_no_way_comes_round(ways: dict[str, list[str]]) -> None:
    shown = built({"A": ["B"], **ways})
    turned = leading_back(shown)
    left = {(edge.tail, edge.head) for number, edge in enumerate(shown.edges) if number not in turned}
    while ends := {node.id for node in shown.nodes} & {head for _, head in left} - {tail for tail, _ in left}:
        left = {(tail, head) for tail, head in left if head not in ends}
    assert not left


@pytest.mark.parametrize("states", [300, 5_000])
def test_loops_in_each_other_take_no_time(states: int) -> None:
    names = [f"S{number:04}" for number in range(states)]
    ways = {name: [names[max(0, at - 1)], *names[at + 1 : at + 2]] for at, name in enumerate(names)}
    shown = built(ways, names[0])
    assert takes_less_than(1.5, lambda: leading_back(shown))
