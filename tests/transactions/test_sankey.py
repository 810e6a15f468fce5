"""The picture of the flow: bars and curves as wide as the counts they stand for."""

from collections import Counter
from itertools import pairwise

import pytest

from transactions import sankey
from transactions.flows import Flow, Stream
from transactions.sankey import GAP, SLOT, THICKEST, Picture
from transactions.statuses import TRANSACTION


def stream(entered: str, status: str, count: int, state: str = "Kind") -> Stream:
    return Stream("orders", "Orders", state, entered, TRANSACTION[status], count, f"/{entered}/{status}")


def lay_out(streams: list[Stream]) -> Picture:
    """The picture of streams where every transaction took one branch."""
    workflows, outcomes = Counter[str](), Counter[str]()
    for one in streams:
        workflows[one.workflow] += one.count
        outcomes[one.status.value] += one.count
    return sankey.lay_out(Flow(streams, 0, workflows, outcomes))


def test_every_transaction_passes_workflow_choice_branch_and_outcome() -> None:
    picture = lay_out([stream("Buy", "succeeded", 3), stream("Buy", "failed", 1), stream("Sell", "failed", 2)])
    assert [(bar.column, bar.label, bar.count) for bar in picture.bars] == [
        (0, "Orders", 6),
        (1, "Kind", 6),
        (2, "Buy", 4),
        (3, "Succeeded", 3),
        (3, "Failed", 3),
        (2, "Sell", 2),
    ]


def test_what_took_two_branches_is_drawn_twice_and_counted_once_by_workflow_and_outcome() -> None:
    streams = [stream("Buy", "succeeded", 3), stream("Ship", "succeeded", 3, state="Way")]
    picture = sankey.lay_out(Flow(streams, 0, {"orders": 3}, {"succeeded": 3}))
    counts = {bar.label: bar.count for bar in picture.bars}
    assert (counts["Orders"], counts["Succeeded"]) == (3, 3)
    assert [(bar.label, bar.height) for bar in picture.bars if bar.column in (0, 3)] == [
        ("Orders", THICKEST),
        ("Succeeded", THICKEST),
    ]
    assert sum(curve.width for curve in picture.curves if curve.tone == "success") == THICKEST


def test_the_width_of_a_curve_is_its_share_of_the_count() -> None:
    picture = lay_out([stream("Buy", "succeeded", 3), stream("Sell", "succeeded", 1)])
    to_outcome = [curve.width for curve in picture.curves if curve.tone == "success"]
    assert to_outcome == [THICKEST * 3 / 4, pytest.approx(THICKEST / 4, abs=0.1)]


def test_bars_of_a_column_never_overlap_and_stay_in_the_picture() -> None:
    picture = lay_out([stream(f"B{n}", "succeeded", 1) for n in range(12)])
    branches = [bar for bar in picture.bars if bar.column == 2]
    middles = [bar.text_y for bar in branches]
    assert all(later - earlier >= SLOT for earlier, later in pairwise(middles))
    assert max(bar.y + bar.height for bar in picture.bars) + GAP / 2 <= picture.height


def test_a_curve_of_one_stream_leads_to_its_list() -> None:
    picture = lay_out([stream("Buy", "succeeded", 3), stream("Buy", "failed", 1)])
    assert {curve.title: curve.href for curve in picture.curves} == {
        "Orders → Kind: 4": "",
        "Kind → Buy: 4": "",
        "Buy → Succeeded: 3": "/Buy/succeeded",
        "Buy → Failed: 1": "/Buy/failed",
    }


def test_no_branch_and_no_rule_are_told_apart() -> None:
    picture = lay_out([stream("", "accepted", 1, state=""), stream("", "failed", 1)])
    assert {bar.label for bar in picture.bars if bar.column in (1, 2)} == {
        "No Choice reached",
        "No branch yet",
        "Kind",
        "No branch taken",
    }


def test_a_long_name_is_cut_to_its_column_and_whole_in_its_title() -> None:
    bar = lay_out([stream("A" * 60, "failed", 1)]).bars[2]
    assert (len(bar.shown), bar.title) == (sankey.LONGEST_LABEL, "A" * 60)


def test_an_empty_flow_is_an_empty_picture() -> None:
    assert lay_out([]).bars == []
