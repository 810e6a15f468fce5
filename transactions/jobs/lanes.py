"""Threads that send: each lane sends a few deliveries of one hook, one after the other over one connection.

No database in here: what came of each is put into a queue for whoever opened the lane.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import TypeAlias
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from transactions import signing
from transactions.jobs.posting import Answer, Line
from transactions.models import Delivery, Hook
from transactions.targets import Place
from workflows.encryption import Unreadable

THREADS = 32
AGENT = "Signalbox"
SHOWN_OF_SIGNATURE = 7


@dataclass(frozen=True, slots=True)
class Sent:
    """One try, and what came of it; the signatures in `headers` are masked."""

    delivery: Delivery
    at: datetime
    duration_ms: int
    headers: dict[str, str]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Over:
    """A lane has ended; what it did not come to is `left`."""

    hook: UUID
    line: Line
    left: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class Rung:
    """Somebody asked for what is due while lanes were open."""


Result: TypeAlias = Sent | Over | Rung


@dataclass(frozen=True, slots=True)
class Load:
    """What one lane has to send, and for how long at most it may begin another one."""

    hook: Hook
    deliveries: Sequence[Delivery]
    seconds: float


class Lanes:
    """The lanes that are open. Results come in the order in which things happened."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="deliver")
        self._kept: dict[tuple[UUID, str], list[Line]] = {}
        self._places: tuple[Place, ...] = tuple(settings.HOOK_PLACES)
        self.results: SimpleQueue[Result] = SimpleQueue()
        self.open = 0
        self._is_rung = threading.Event()

    def ring(self) -> None:
        """Let whoever waits for results look for what is due, though nothing has come in."""
        if not self._is_rung.is_set():
            self._is_rung.set()
            self.results.put(Rung())

    def heard(self) -> None:
        """The next one may ring."""
        self._is_rung.clear()

    @property
    def room(self) -> int:
        """How many more may be opened."""
        return THREADS - self.open

    def begin(self, load: Load) -> None:
        """Open one."""
        self.open += 1
        kept = self._kept.get((load.hook.pk, load.hook.target_url))
        line = kept.pop() if kept else Line(load.hook.target_url, self._places)
        self._pool.submit(_run, load, line, self.results)

    def end(self, over: Over) -> None:
        """Take note that one has ended; its connection is kept for the next of the same hook."""
        self.open -= 1
        self._kept.setdefault((over.hook, over.line.address), []).append(over.line)

    def close(self) -> None:
        """Let the threads go, and hang up."""
        self._pool.shutdown(wait=True)
        for lines in self._kept.values():
            for line in lines:
                line.close()


def _run(load: Load, line: Line, results: "SimpleQueue[Result]") -> None:
    """Send one after the other until one is not taken: what follows would only wait for the same trouble."""
    until, done = time.monotonic() + load.seconds, 0
    try:
        secrets = _secrets(load.hook)
    except Unreadable as lost:
        # As any other failure: it is shown, tried again, and other hooks are not held up.
        results.put(Sent(load.deliveries[0], timezone.now(), 0, {}, Answer(error=str(lost))))
        results.put(Over(load.hook.pk, line, load.deliveries[1:]))
        return
    for delivery in load.deliveries:
        sent = _send(delivery, secrets, line)
        results.put(sent)
        done += 1
        if sent.answer.error or time.monotonic() >= until:
            break
    results.put(Over(load.hook.pk, line, load.deliveries[done:]))


def _secrets(hook: Hook) -> list[str]:
    """The newest first; the former one for as long as it is valid."""
    return [hook.secret, hook.former_secret] if hook.is_former_valid else [hook.secret]


def _send(delivery: Delivery, secrets: list[str], line: Line) -> Sent:
    body, at = delivery.body.encode(), timezone.now()
    signed = signing.signed_headers(secrets, id=delivery.message_id, at=int(at.timestamp()), body=body)
    headers = {"Content-Type": "application/json", "User-Agent": AGENT, **signed}
    begin = time.monotonic()
    answer = line.post(headers, body)
    duration_ms = round((time.monotonic() - begin) * 1000)
    return Sent(delivery, at, duration_ms, headers | {signing.SIGNATURE: _masked(signed[signing.SIGNATURE])}, answer)


def _masked(signatures: str) -> str:
    return " ".join(f"{one[:SHOWN_OF_SIGNATURE]}…" for one in signatures.split(" "))
