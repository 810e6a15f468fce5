"""The scale of a timeline: round times, however long the run was."""

from datetime import UTC, datetime, timedelta

import pytest

from transactions.models import Visit
from transactions.timeline import Timeline, draw

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (0.003, "0, 1 ms, 2 ms, 3 ms"),
        (0.903, "0, 200 ms, 400 ms, 600 ms, 800 ms"),
        (3.61, "0, 1 s, 2 s, 3 s"),
        (90.0025, "0, 20 s, 40 s, 1 min, 1 min 20 s"),
        (328, "0, 2 min, 4 min"),
        (3_700, "0, 15 min, 30 min, 45 min, 1 h"),
        (7 * 3_600, "0, 2 h, 4 h, 6 h"),
        (30 * 86_400, "0, 6 d, 12 d, 18 d, 24 d, 30 d"),
    ],
)
def test_its_ticks_are_round(seconds: float, labels: str) -> None:
    ticks = Timeline(AT, AT + timedelta(seconds=seconds), ()).ticks
    assert ", ".join(tick.label for tick in ticks) == labels


def test_a_tick_stands_where_its_time_is() -> None:
    ticks = Timeline(AT, AT + timedelta(seconds=4), ()).ticks
    assert [(tick.x, tick.anchor) for tick in ticks] == [
        ("0.00%", "start"), ("25.00%", "middle"), ("50.00%", "middle"), ("75.00%", "middle"), ("100.00%", "end"),
    ]  # fmt: skip


def test_what_took_no_time_on_the_scale_is_marked_to_be_drawn_wider() -> None:
    visits = [
        Visit(state=f"S{seconds}", status="ok", type="Pass", entered_at=AT, exited_at=AT + timedelta(seconds=seconds))
        for seconds in (0, 1, 600)
    ]
    drawn = draw(visits, AT)
    assert drawn
    assert [row.bar.is_brief for row in drawn.rows] == [True, True, False]


def test_it_reaches_to_its_end_where_a_redrive_enters_nothing_and_marks_each() -> None:
    begin, over, again, end = (AT + timedelta(seconds=one) for one in (0, 1, 400, 1_000))
    pauses = [(over, again), (again, end)]
    looked = Visit(state="Look", status="ok", type="Pass", entered_at=begin, exited_at=over)
    refused = Visit(state="No", status="failed", type="Fail", entered_at=over, exited_at=end, redrives=2)
    drawn = draw([looked, refused], AT, pauses)
    assert drawn and (drawn.length, drawn.idle, drawn.marks) == (
        timedelta(seconds=1000),
        timedelta(seconds=999),
        ["pause"],
    )
    assert [(bar.x, bar.width) for bar in drawn.pauses] == [("1.0", "399.0"), ("400.0", "600.0")]
    passed, failed = drawn.rows
    assert (passed.pauses, passed.stretches) == ((), ())
    assert [(bar.x, bar.is_brief) for bar in failed.stretches] == [("1.0", True), ("400.0", True), ("997.0", True)]

    # Where the history says that the Fail state was over at once, the redrives are on the scale all the same.
    refused.exited_at = over
    drawn = draw([looked, refused], AT, pauses)
    assert drawn and drawn.length == timedelta(seconds=1000) and len(drawn.pauses) == 2
    assert drawn.rows[1].pauses == ()
