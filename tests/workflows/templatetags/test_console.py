"""How pages write times, durations and JSON."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from workflows.templatetags.console import about, as_json, breakable, duration, lasted, measured, pretty_json, when


def test_a_moment_is_written_in_utc_and_keeps_its_exact_value() -> None:
    berlin = timezone(timedelta(hours=1))
    shown = when(datetime(2026, 11, 24, 3, 5, 6, 789000, berlin))
    assert "24 Nov 2026, 02:05:06 UTC" in shown
    assert 'datetime="2026-11-24T02:05:06.789Z"' in shown
    assert 'title="2026-11-24 02:05:06.789 UTC"' in shown


def test_a_value_of_a_chart_has_the_unit_its_axis_has() -> None:
    values: list[float | None] = [90_002.5, 903.26, 1_000, None]
    assert [measured(value, "ms") for value in values] == ["90 s", "903.3 ms", "1 s", "—"]
    assert measured(1_234.5, "count") == "1,234.5"


def test_no_moment_is_a_dash() -> None:
    assert "—" in when(None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.00175, "1.8 ms"),
        (0.0421, "42 ms"),
        (1.2444, "1.24 s"),
        (59, "59 s"),
        (125, "2 min 5 s"),
        (11_400, "3 h 10 min"),
        (-1, "0 ms"),
    ],
)
def test_durations_are_short(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_what_is_not_over_has_no_duration() -> None:
    assert lasted(datetime(2026, 1, 1, tzinfo=UTC), None) == "—"


def test_json_is_escaped_whatever_is_in_it() -> None:
    shown = pretty_json('{"<b>": "</span><script>alert(1)</script>", "n": 1.50}')
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "1.50" in shown


def test_only_the_beginning_of_long_json_is_shown() -> None:
    assert len(pretty_json('"' + "x" * 50_000 + '"')) < 21_000


def test_values_are_shown_as_json() -> None:
    assert as_json({"größe": None}) == '{"größe": null}'


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.00000028123456789", "0.0000002812"),
        ("12.3456", "12.35"),
        ("0", "0"),
        ("0.5", "0.5"),
        ("1234567.891", "1234567.89"),
    ],
)
def test_an_amount_has_the_digits_that_say_something(amount: str, shown: str) -> None:
    assert about(Decimal(amount)) == shown


def test_a_name_may_be_broken_behind_its_dots_and_is_escaped() -> None:
    assert breakable("transaction.<b>.x") == "transaction.<wbr>&lt;b&gt;.<wbr>x"
    assert breakable("ping") == "ping"
