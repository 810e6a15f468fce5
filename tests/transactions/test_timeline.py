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
