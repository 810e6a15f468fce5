"""Pictures of graphs: how far they shrink to the room there is, what is seen first, and the path as text."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from tests.factories import DEFINITION
from workflows import drawing, layout
from workflows.asl import graph, parse
from workflows.asl.graph import Graph
from workflows.drawing import Hop, TakenPath


def drawn(branches: int) -> str:
    """The picture of a Choice with so many branches side by side."""
    rules = [{"Variable": "$.n", "NumericEquals": n, "Next": f"Branch{n}"} for n in range(branches)]
    ends = {f"Branch{n}": {"Type": "Succeed"} for n in range(branches)}
    machine = parse(
        json.dumps({"StartAt": "Pick", "States": {"Pick": {"Type": "Choice", "Choices": rules}, **ends}})
    ).machine
    assert machine
    built = graph.build(machine)
    laid = layout.lay_out(built)
    assert laid
    return drawing.draw(built, laid)


def test_small_pictures_shrink_to_any_room_and_large_ones_as_far_as_they_can_be_read() -> None:
    assert "graph-least" not in drawn(2)
    large = drawn(12)
    [least] = re.findall(r'class="graph-least" width="(\d+)"', large)
    [width] = re.findall(r'class="graph-picture" width="([\d.]+)"', large)
    assert int(least) == round(0.75 * float(width))


def test_a_way_with_loops_goes_down_and_the_arrows_back_go_up() -> None:
    names = [f"S{number:02}" for number in range(30)] + ["Done"]
    states: dict[str, Any] = {"Done": {"Type": "Succeed"}}
    for at, name in enumerate(names[:-1]):
        leap, before = names[min(at + 2, 30)], names[max(0, at - 1)]
        rules = [{"Variable": "$.n", "NumericEquals": n, "Next": to} for n, to in enumerate([leap, before])]
        step = {"Type": "Pass", "Next": names[at + 1]}
        states[name] = {"Type": "Choice", "Choices": rules, "Default": names[at + 1]} if at % 2 else step
    machine = parse({"StartAt": "S00", "States": states}).machine
    assert machine
    built = graph.build(machine)
    laid = layout.lay_out(built)
    assert laid
    tops = {node.state: laid.nodes[node.id].y for node in built.nodes}
    assert [tops[name] for name in names] == sorted(tops[name] for name in names)
    for edge, route in zip(built.edges, laid.routes, strict=True):
        if edge.source and edge.target and route and route.tip:
            is_back = names.index(edge.target) < names.index(edge.source)
            assert (route.tip[1] < route.points[0][1]) is is_back


@pytest.mark.parametrize(("letter", "units"), [("W", 1.103), ("m", 1.042), ("M", 0.995), ("Ж", 1.2), ("…", 1.0)])
def test_a_line_of_the_widest_letters_has_room(letter: str, units: float) -> None:
    assert layout.text_width(letter * 26, 13.5) >= 26 * 13.5 * units  # as a widespread bold font has them


def test_a_file_of_its_own_fits_into_any_window() -> None:
    machine = parse({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}).machine
    assert machine
    built = graph.build(machine)
    laid = layout.lay_out(built)
    assert laid
    alone = drawing.draw(built, laid, alone=True)
    assert "svg { color-scheme: light dark; max-width: 100%; height: auto;" in alone
    assert 'viewBox="0 0 ' in alone


@dataclass(frozen=True)
class Visited:
    """A visit as a trace or a row has it."""

    state: str
    entered_event: int
    status: str = "ok"
    next: str | None = None
    error: str | None = None
    path: tuple[dict[str, Any], ...] = ()

    @property
    def caught_by(self) -> str | None:
        return self.next if self.status == "caught" else None


def iteration(index: int) -> tuple[dict[str, Any], ...]:
    return ({"state": "Lines", "entered_event": 4, "kind": "iteration", "index": index},)


MAPPED = {
    "StartAt": "Check",
    "States": {
        "Check": {"Type": "Pass", "Next": "Lines"},
        "Lines": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Price",
                "States": {"Price": {"Type": "Pass", "Next": "Book"}, "Book": {"Type": "Pass", "End": True}},
            },
            "End": True,
        },
    },
}

# Iterations 0 to 2 go on side by side; the second fails, and so the third is aborted.
SIDE_BY_SIDE = [
    Visited("Check", 2, next="Lines"),
    Visited("Lines", 4, "failed", error="PriceUnknown"),
    Visited("Price", 6, next="Book", path=iteration(0)),
    Visited("Price", 8, next="Book", path=iteration(1)),
    Visited("Price", 10, "aborted", path=iteration(2)),
    Visited("Book", 12, path=iteration(0)),
    Visited("Book", 14, "failed", error="PriceUnknown", path=iteration(1)),
]


def mapped(visits: list[Visited]) -> tuple[Graph, TakenPath]:
    machine = parse(json.dumps(MAPPED)).machine
    assert machine
    return graph.build(machine), TakenPath.of_visits(visits)


def test_the_path_as_text_tells_each_result_where_it_was() -> None:
    built, taken = mapped(SIDE_BY_SIDE)
    assert drawing.sentences(built, taken) == [
        "Starts at Check; Check: succeeded",
        "Check to Lines; Lines: failed with PriceUnknown",
        "Inside Lines, iterations 0 and 1: starts at Price; Price: succeeded",
        "Inside Lines, iteration 2: starts at Price; Price: aborted",
        "Inside Lines, iteration 0: Price to Book; Book: succeeded",
        "Inside Lines, iteration 1: Price to Book; Book: failed with PriceUnknown",
    ]


def test_the_turns_of_a_loop_and_many_iterations_share_a_sentence() -> None:
    built, taken = mapped([Visited("Check", 2 * n, next="Check") for n in range(3)])
    assert drawing.sentences(built, taken)[1] == "Check to Check (2 times); Check: succeeded"
    built, taken = mapped([Visited("Price", n, path=iteration(n)) for n in range(40)])
    assert drawing.sentences(built, taken) == ["Inside Lines, 40 iterations: starts at Price; Price: succeeded"]


def test_the_innermost_state_that_failed_is_marked_to_be_seen_first() -> None:
    built, taken = mapped(SIDE_BY_SIDE)
    laid = layout.lay_out(built)
    assert laid
    shown = drawing.draw(built, laid, taken)
    assert re.search(r'data-look="0"[^>]*aria-label="Book,', shown)
    assert mapped(SIDE_BY_SIDE[:1])[1].here == "Check"


def looked_at(taken: TakenPath) -> list[str]:
    """The states and labels a picture is opened at, in their order."""
    machine = parse(DEFINITION).machine
    assert machine
    built = graph.build(machine)
    laid = layout.lay_out(built)
    assert laid
    found = re.findall(r'data-look="(\d+)"[^>]*>\s*<title>([^<]*)', drawing.draw(built, laid, taken))
    return [title.split(",")[0] for _, title in sorted(found)]


def test_the_branch_is_to_be_seen_first_from_its_choice_on_unless_something_failed() -> None:
    hops = [Hop(None, "ProcessTransaction"), Hop("ProcessTransaction", "ProcessRefund", 1)]
    branch = ["ProcessTransaction to ProcessRefund: TransactionType = &quot;REFUND&quot;", "ProcessTransaction"]
    assert looked_at(TakenPath.of_hops(hops)) == [*branch, "ProcessRefund"]
    failed = TakenPath.of_hops(hops, "failed")
    assert looked_at(failed) == ["ProcessRefund", *branch]
    assert looked_at(TakenPath.of_hops(hops[:1])) == ["ProcessTransaction"]


def test_a_rule_shows_its_number_digit_for_digit() -> None:
    parsed = parse(
        json.dumps(
            {
                "StartAt": "C",
                "States": {
                    "C": {"Type": "Choice", "Choices": [{"Variable": "$.P", "NumericEquals": 0.1, "Next": "S"}]},
                    "S": {"Type": "Succeed"},
                },
            }
        )
    )
    assert parsed.machine
    assert "P = 0.1" in " ".join(edge.label for edge in graph.build(parsed.machine).edges)


def choices_into_one_state(count: int) -> Graph:
    states: dict[str, Any] = {"Rejected": {"Type": "Fail"}, f"S{count}": {"Type": "Succeed"}}
    for number in range(count):
        rule = {"Variable": "$.amount", "NumericGreaterThan": number, "Next": "Rejected"}
        states[f"S{number}"] = {"Type": "Choice", "Choices": [rule], "Default": f"S{number + 1}"}
    machine = parse(json.dumps({"StartAt": "S0", "States": states})).machine
    assert machine
    return graph.build(machine)


def test_a_state_that_very_many_choices_lead_to_is_named_at_each_of_them() -> None:
    built = choices_into_one_state(70)
    laid = layout.lay_out(built)
    assert laid
    assert not [edge for edge in built.edges if edge.kind == "rule"]
    svg = drawing.draw(built, laid)
    assert svg.count("→ Rejected: amount &gt; ") >= 70
    assert "S7 (Choice): otherwise to S8, if amount > 7 to Rejected" in drawing.sentences(built)
    hops = drawing.sentences(built, TakenPath.of_hops([drawing.Hop("S7", "Rejected", 0)]))
    assert "because amount > 7" in hops[0]


def test_a_state_that_few_choices_lead_to_keeps_its_arrows() -> None:
    built = choices_into_one_state(graph.CHOSEN)
    assert len([edge for edge in built.edges if edge.kind == "rule"]) == graph.CHOSEN


def test_a_definition_that_is_too_large_to_be_told_whole_says_so() -> None:
    names = [f"S{number}" for number in range(graph.MOST_STATES + 5)]
    states: dict[str, Any] = {name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)}
    machine = parse({"StartAt": "S0", "States": {**states, names[-1]: {"Type": "Succeed"}}}).machine
    assert machine
    built = graph.build(machine)
    assert layout.lay_out(built) is None
    shown = drawing.figure(built, None)
    assert "only its first states and ways are here" in shown
    assert shown.count("<li>") == graph.MOST_STATES


def test_a_way_that_leads_out_of_a_map_goes_straight_on() -> None:
    states: dict[str, Any] = {
        f"Map{number}": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}},
            "Next": f"Map{number + 1}",
        }
        for number in range(10)
    }
    machine = parse({"StartAt": "Map0", "States": {**states, "Map10": {"Type": "Succeed"}}}).machine
    assert machine
    built = graph.build(machine)
    laid = layout.lay_out(built)
    assert laid
    middles = {round(laid.nodes[node.id].centre[0]) for node in built.nodes if node.state}
    assert max(middles) - min(middles) <= 1


def test_what_follows_a_parallel_stands_below_its_branches() -> None:
    branches = [
        {"StartAt": f"B{number}", "States": {f"B{number}": {"Type": "Pass", "End": True}}} for number in range(3)
    ]
    states = {"All": {"Type": "Parallel", "Branches": branches, "Next": "After"}, "After": {"Type": "Succeed"}}
    machine = parse({"StartAt": "All", "States": states}).machine
    assert machine
    built = graph.build(machine)
    laid = layout.lay_out(built)
    assert laid
    boxes = {node.state: laid.nodes[node.id] for node in built.nodes}
    [around] = laid.clusters.values()
    assert boxes["After"].y > around.y + around.height
    assert abs(boxes["After"].centre[0] - boxes["B1"].centre[0]) <= 1
