"""What the stub was really asked, call by call, and what came of it: the third ledger beside client and database."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Call:
    """One call as it came. `executed` says it was done, whoever heard of it; `refused` the code it was refused with."""

    operation: str
    parameters: dict[str, Any]
    access_key_id: str
    came_at: float = field(default_factory=time.monotonic)
    executed: bool = False
    refused: str = ""
    answered: bool = False


class Ledger:
    """All calls in the order they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._counts: Counter[str] = Counter()

    def enter(self, call: Call) -> None:
        """Write a call down, before anything is done about it."""
        with self._lock:
            self._calls.append(call)
            self._counts[call.operation] += 1

    def calls(self, operation: str | None = None) -> list[Call]:
        """The calls so far, of one operation or of all."""
        with self._lock:
            return [call for call in self._calls if operation in (None, call.operation)]

    def count(self, operation: str) -> int:
        """How often an operation was asked for."""
        return self._counts[operation]

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()
