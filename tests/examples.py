"""How many examples a property is tried with: few in every run, as many times that as SIGNALBOX_EXAMPLES says."""

import os
from collections.abc import Callable
from typing import Any

import hypothesis

TIMES = int(os.environ.get("SIGNALBOX_EXAMPLES", "1"))


def examples(number: int) -> Callable[[Any], Any]:
    """For a property that wants another number than the others."""
    return hypothesis.settings(max_examples=number * TIMES)
