"""How much one answer may cost: steps and seconds that all that is asked inside it shares. Looks at nothing itself."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MOST_STEPS = 80_000  # values passed over and comparisons made


class TooMuch(Exception):
    """The answer asks for more steps or seconds than are allowed."""


@dataclass(slots=True)
class _Left:
    steps: int
    until: float


_left: ContextVar[_Left | None] = ContextVar("what is left of the bound", default=None)


@contextmanager
def bounded(steps: int = MOST_STEPS, seconds: float = math.inf) -> Iterator[None]:
    """Let all that is asked inside take this much together; a bound that is already there stays."""
    if _left.get() is not None:
        yield
        return
    token = _left.set(_Left(steps, time.monotonic() + seconds))
    try:
        yield
    finally:
        _left.reset(token)


def spend(steps: int) -> None:
    """Count steps. Raises TooMuch."""
    left = _left.get()
    if left is None:
        return
    left.steps -= steps
    if left.steps < 0 or time.monotonic() > left.until:
        raise TooMuch


def seconds_left() -> float | None:
    """The time that is left, below 0 once it is used up; None where nothing bounds it."""
    left = _left.get()
    return None if left is None or left.until == math.inf else left.until - time.monotonic()


def is_late() -> bool:
    """Whether the time is used up."""
    left = _left.get()
    return left is not None and time.monotonic() > left.until


def is_set() -> bool:
    """Whether there is a bound."""
    return _left.get() is not None
