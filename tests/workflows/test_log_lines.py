"""Lines of a log belong to the invocation their stream was doing; searching keeps what was written as it was."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows import log_lines
from workflows.log_lines import LogLine

AT = datetime(2026, 11, 24, 2, 5, 6, tzinfo=UTC)
ONE, TWO = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def lines(*told: tuple[str, str]) -> list[LogLine]:
    """Stream and text of each, a millisecond apart."""
    return [LogLine(AT + timedelta(milliseconds=n), stream, text) for n, (stream, text) in enumerate(told)]


def test_streams_that_write_at_the_same_time_are_kept_apart() -> None:
    found = log_lines.attributed(
        lines(
            ("a", "INIT_START"),
            ("a", f"START RequestId: {ONE} Version: 1"),
            ("b", f"START RequestId: {TWO} Version: 1"),
            ("a", "of one"),
            ("b", "of two"),
            ("a", f"END RequestId: {ONE}"),
            ("a", f"REPORT RequestId: {ONE}\tDuration: 1 ms"),
            ("a", "between"),
        )
    )
    assert [line.request_id for line in found] == ["", ONE, TWO, ONE, TWO, ONE, ONE, ""]


def test_text_and_request_id_both_have_to_fit() -> None:
    given = [LogLine(AT, "a", "PAID 5", ONE), LogLine(AT, "a", "paid 5", ONE), LogLine(AT, "b", "PAID 6", TWO)]
    assert log_lines.matching(given, "PAID", "") == [given[0], given[2]]
    assert log_lines.matching(given, "PAID", ONE) == [given[0]]
    assert log_lines.matching(given, "PAID", ONE[:8]) == [given[0]]
    assert log_lines.matching(given, "", "") == given


def test_cloudwatch_is_asked_for_the_text_or_a_start() -> None:
    assert log_lines.pattern("") == ""
    assert log_lines.pattern('he said "no"') == '?"he said \\"no\\"" ?"START RequestId"'


def test_lines_come_back_from_what_is_stored() -> None:
    line = LogLine(AT, "a", "text", ONE)
    assert log_lines.read([line.as_dict()]) == [line]


def test_request_ids_are_told_once_each_and_only_from_lambdas_own_lines() -> None:
    told = f"START RequestId: {TWO} Version: 1\nsaid START RequestId: {ONE}\nEND RequestId: {TWO}"
    assert log_lines.named(told) == [TWO]


def test_newest_first_leaves_the_lines_of_one_moment_in_their_order() -> None:
    stored = [{"at": at, "text": text} for at, text in (("1", "a"), ("2", "Traceback"), ("2", "File"), ("2", "Boom"))]
    assert [one["text"] for one in log_lines.newest_first(stored)] == ["Traceback", "File", "Boom", "a"]


REPORT = f"REPORT RequestId: {ONE}\tDuration: 1.00 ms\tMax Memory Used: 30 MB\t"
INVOKE_ERROR = '{"errorType":"TypeError","errorMessage":"x is not a function","stack":["TypeError: ..."]}'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[ERROR] KeyError: 'id'\nTraceback (most recent call last):", "KeyError: 'id'"),
        (f"2026-11-24T02:05:06.000Z\t{ONE}\tERROR\tInvoke Error \t{INVOKE_ERROR}", "TypeError: x is not a function"),
        (f"2026-11-24T02:05:06.000Z {ONE} Task timed out after 3.00 seconds", None),
        (f"RequestId: {ONE} Error: Runtime exited with error: exit status 1", None),
        (f"{REPORT}Status: error\tError Type: Runtime.OutOfMemory", "Runtime.OutOfMemory"),
        (f"{REPORT}Status: timeout", "Status: timeout"),
        (f"[ERROR]\t2026-11-24T02:05:06.000Z\t{ONE}\tthe handler's own line", ""),
        (f"2026-11-24T02:05:06.000Z\t{ONE}\tERROR\tthe handler's own line", ""),
        (REPORT, ""),
    ],
)
def test_what_a_run_failed_with_is_told_by_what_lambda_writes(line: str, told: str | None) -> None:
    begin = f"START RequestId: {ONE} Version: 1"
    assert log_lines.failure(lines(("a", begin), ("a", line), ("a", REPORT))) == (line if told is None else told)
