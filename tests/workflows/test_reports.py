"""The REPORT line, as Lambda and the embedded AWS write it."""

from decimal import Decimal

import pytest

from workflows import reports
from workflows.reports import Report

COLD = (
    "START RequestId: a Version: 1\nhello\nEND RequestId: a\n"
    "REPORT RequestId: a\tDuration: 12.34 ms\tBilled Duration: 113 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 36 MB\tInit Duration: 100.10 ms\t\n"
)


def test_every_figure_is_read() -> None:
    assert reports.read(COLD) == Report(Decimal("12.34"), 113, 128, 36, Decimal("100.10"))


def test_a_warm_start_has_no_init() -> None:
    assert reports.read(COLD.replace("\tInit Duration: 100.10 ms", "")).init_ms is None


def test_a_line_the_handler_wrote_is_not_taken_for_it() -> None:
    forged = COLD.replace("hello", "REPORT RequestId: x\tDuration: 1.00 ms\tBilled Duration: 1 ms")
    assert reports.read(forged).duration_ms == Decimal("12.34")


@pytest.mark.parametrize("log", ["", "START\nEND\n", "REPORT RequestId: a\tDuration: 1.2.3 ms"])
def test_what_is_not_there_is_none(log: str) -> None:
    assert reports.read(log) == Report()
