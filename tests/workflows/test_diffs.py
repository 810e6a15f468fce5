"""Comparing two texts line by line."""

import time

from workflows.diffs import compare


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in compare(before, after)]


def test_the_same_text_has_no_changes() -> None:
    assert told("a\nb", "a\nb") == []


def test_a_changed_line_is_removed_and_added_between_its_neighbours() -> None:
    assert told("a\nb\nc", "a\nB\nc") == [("same", "a"), ("removed", "b"), ("added", "B"), ("same", "c")]


def test_what_is_far_from_a_change_is_counted_instead_of_shown() -> None:
    many = "\n".join(str(n) for n in range(20))
    lines = told(many, many + "\nlast")
    assert lines[0] == ("skipped", "17 unchanged lines")
    assert lines[-1] == ("added", "last")
    assert told(many, "first\n" + many)[-1] == ("skipped", "17 unchanged lines")


def test_a_single_line_far_from_a_change_is_shown_instead_of_counted() -> None:
    assert told("a\nb\nc\nd\ne", "A\nb\nc\nd\ne")[-1] == ("same", "e")
    assert told("a\nb\nc\nd\ne\nf", "A\nb\nc\nd\ne\nf")[-1] == ("skipped", "2 unchanged lines")


def test_two_long_texts_are_compared_in_bounded_time() -> None:
    begun = time.monotonic()
    assert compare("\n".join(map(str, range(50_000))), "\n".join(map(str, range(50_000, 0, -1))))
    assert time.monotonic() - begun < 5
