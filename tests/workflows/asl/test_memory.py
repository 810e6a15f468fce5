"""The collector stands still while a large document is worked on, and for nothing else."""

import gc
import json
from collections.abc import Iterator

import pytest

from workflows.asl import parse
from workflows.asl.checker import check
from workflows.asl.memory import LARGE, uncollected


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was_on else gc.disable)()


def test_the_collector_is_off_for_a_large_text_and_on_again_after_it() -> None:
    with uncollected(LARGE):
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_again_after_a_fault() -> None:
    with pytest.raises(ZeroDivisionError), uncollected(LARGE):
        raise ZeroDivisionError
    assert gc.isenabled()


def test_a_small_text_does_not_stop_it() -> None:
    with uncollected(LARGE - 1):
        assert gc.isenabled()


def test_whoever_came_second_neither_waits_nor_turns_it_on() -> None:
    with uncollected(LARGE):
        with uncollected(LARGE):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_one_that_somebody_turned_off_stays_off() -> None:
    gc.disable()
    with uncollected(LARGE):
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_reading_and_checking_a_large_definition_collects_nothing() -> None:
    states = {f"S{number}": {"Type": "Pass", "End": True} for number in range(10_000)}
    text = json.dumps({"StartAt": "S0", "States": states})
    seen: list[str] = []

    def notice(phase: str, _: dict[str, int]) -> None:
        seen.append(phase)

    gc.callbacks.append(notice)
    try:
        parsed, problems = parse(text), check(text)
    finally:
        gc.callbacks.remove(notice)
    assert parsed.machine is not None
    assert problems
    assert len(seen) <= 2 * 4  # what comes after each of the two; hundreds came in between
