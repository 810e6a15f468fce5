"""How long work takes, on a machine that does other things as well.

Processor time is not enough: a busy neighbour slows every step down. So limits are those of a machine that has nothing
else to do, and grow by as much as a fixed piece of work takes longer just now.
"""

import time
from collections.abc import Callable

_REFERENCE_SECONDS = 0.009  # what the fixed piece of work takes on two quiet cores


def takes_less_than(seconds: float, work: Callable[[], object], tries: int = 3) -> bool:
    """Whether one of several tries takes less processor time than that would be on a quiet machine."""
    return any(
        _seconds_of(work) < seconds * max(1.0, _seconds_of(_reference) / _REFERENCE_SECONDS) for _ in range(tries)
    )


def _seconds_of(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _reference() -> None:
    seen: dict[int, str] = {}
    for number in range(100_000):
        seen[number % 100] = str(number)
