"""Builds a large model without the collector of cyclic garbage, which would walk over all of it again and again.

What is built here has no cycles, so the collector finds nothing in it. Measures nothing and frees nothing itself.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

LARGE = 50_000  # characters; below, the collector hardly comes by

_holding = Lock()


@contextmanager
def uncollected(characters: int) -> Iterator[None]:
    """Keep the collector from running in between where a text of so many characters is worked on.

    It is off for the whole process, so one at a time holds it off: another thread's work may end with it on, and work
    without a break between one document and the next never keeps it off for good.
    """
    if characters < LARGE or not gc.isenabled() or not _holding.acquire(blocking=False):
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _holding.release()
