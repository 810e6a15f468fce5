"""The graph of a definition larger than anybody can read: its first states and ways, soon, and marked as not whole."""

from typing import Any

import pytest

from tests.timing import takes_less_than
from workflows.asl import graph, parse
from workflows.asl.graph import MOST_STATES, MOST_WAYS, Graph
from workflows.asl.model import StateMachine


def machine_of(states: dict[str, Any]) -> StateMachine:
    machine = parse({"StartAt": next(iter(states)), "States": states}).machine
    assert machine
    return machine


def built(states: dict[str, Any]) -> Graph:
    return graph.build(machine_of(states))


def chain(count: int, **fields: Any) -> dict[str, Any]:
    leading: dict[str, Any] = {f"S{number}": {**fields, "Next": f"S{number + 1}"} for number in range(count - 1)}
    return {**leading, f"S{count - 1}": {"Type": "Succeed"}}


def choice_of(rules: int) -> dict[str, Any]:
    listed = [{"Variable": "$.n", "NumericEquals": number, "Next": "End"} for number in range(rules)]
    return {"Pick": {"Type": "Choice", "Choices": listed}, "End": {"Type": "Succeed"}}


def test_as_many_states_as_there_is_room_for_are_shown_whole() -> None:
    shown = built(chain(MOST_STATES, Type="Pass"))
    assert shown.is_whole
    assert len(shown.edges) == MOST_STATES  # one of them from the start


def test_of_more_states_the_first_are_shown() -> None:
    shown = built(chain(MOST_STATES + 1, Type="Pass"))
    assert not shown.is_whole
    assert [node.state for node in shown.nodes][1:] == [f"S{number}" for number in range(MOST_STATES)]


def test_as_many_ways_as_there_is_room_for_are_shown_whole() -> None:
    assert built(choice_of(MOST_WAYS)).is_whole


def test_of_more_ways_the_first_are_shown() -> None:
    shown = built(choice_of(MOST_WAYS + 1))
    assert not shown.is_whole
    assert shown.edges[-1].label == f"n = {MOST_WAYS - 1}"


def test_states_inside_others_are_counted_with_them() -> None:
    inside = {"StartAt": "In", "States": {"In": {"Type": "Succeed"}}}
    shown = built({"Out": {"Type": "Parallel", "Branches": [inside] * MOST_STATES, "End": True}})
    assert not shown.is_whole
    assert len([node for node in shown.nodes if node.state]) == MOST_STATES


_MAPS = chain(8_000, Type="Map", ItemProcessor={"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})


@pytest.mark.parametrize("states", [chain(20_000, Type="Pass"), _MAPS, choice_of(14_000)])
def test_the_graph_of_a_definition_of_a_megabyte_takes_less_than_a_fifth_of_a_second(states: dict[str, Any]) -> None:
    machine = machine_of(states)
    assert takes_less_than(0.2, lambda: graph.build(machine))
