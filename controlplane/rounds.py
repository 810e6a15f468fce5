"""Makes the rounds inside a worker when it has not heard the clock for a while: work goes on without broker or beat.

What is done then, and how often, is what the schedule says: nothing waits for the two alone.
"""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import structlog
from celery import current_app, signals
from django.conf import settings
from django.db import close_old_connections

from controlplane import schedule

log = structlog.get_logger(__name__)

SILENCE_S = 3.0
SELDOM_S = 60.0
# Tasks that may take long, each apart from the others, which they would hold up: a receiver that hangs, a sweep of all.
APART = ("transactions.tasks.deliver", "workflows.tasks.deploy", "workflows.tasks.invoke")


class Rounds:
    """Runs each of `periods` (seconds, by the task's name) as often as it says while `heard()` is not called."""

    def __init__(self, periods: dict[str, float], run: Callable[[str], object]) -> None:
        self._run = run
        self._periods = periods
        now = time.monotonic()
        self._heard_at = now
        # What is seldom wanted is not wanted as soon as a worker starts without a broker.
        self._due_at = {name: now + period if period >= SELDOM_S else now for name, period in periods.items()}
        self._over = threading.Event()

    def heard(self) -> None:
        """The clock was heard: no rounds are needed for a while. What others ring for says nothing of the rest."""
        self._heard_at = time.monotonic()

    def go(self) -> None:
        """Make rounds until `stop`."""
        while not self._over.wait(1.0):
            if time.monotonic() - self._heard_at >= SILENCE_S:
                self.once()

    def stop(self) -> None:
        """End after the round under way."""
        self._over.set()

    def once(self) -> None:
        """Run whatever is due."""
        close_old_connections()
        for name, period in self._periods.items():
            if self._due_at[name] > time.monotonic():
                continue
            self._due_at[name] = time.monotonic() + period
            try:
                self._run(name)
            except Exception:
                log.exception("rounds.failed", task=name)
        close_old_connections()


def lanes() -> list[dict[str, float]]:
    """Every task of the schedule with its period in seconds, in lots that do not wait for each other."""
    periods = {entry["task"]: float(entry["schedule"]) for entry in schedule.SCHEDULE.values()}
    seldom = {name for name, period in periods.items() if period >= SELDOM_S}
    together: Iterable[set[str]] = (
        {name for name in periods if name.startswith("transactions.")} - seldom - set(APART),
        {name for name in periods if name.startswith("workflows.")} - seldom - set(APART),
        seldom,
        *({name} for name in APART),
    )
    return [{name: period for name, period in periods.items() if name in lot} for lot in together]


def _begin(**_: object) -> None:
    tasks = current_app.tasks
    for periods in lanes():
        rounds = Rounds(periods, lambda name: tasks[name]())
        signals.task_prerun.connect(partial(_listen, rounds), weak=False)
        signals.worker_shutting_down.connect(lambda rounds=rounds, **_: rounds.stop(), weak=False)
        threading.Thread(target=rounds.go, name="rounds", daemon=True).start()


def _listen(rounds: Rounds, task: Any = None, **_: object) -> None:
    if task.request.get(schedule.CLOCK):
        rounds.heard()


def begin_with_worker() -> None:
    """Let every worker of this installation make rounds."""
    if settings.ROUNDS:
        signals.worker_init.connect(_begin, weak=False)
