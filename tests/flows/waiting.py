"""Waits for what real parts bring about by themselves."""

import time
from collections.abc import Callable

LONGEST_S = 60


def until(is_so: Callable[[], object], within_s: float | None = None) -> None:
    """Ask again and again until it is so; fail when it takes too long."""
    end = time.monotonic() + (within_s or LONGEST_S)
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
