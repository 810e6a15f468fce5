"""Makes the rounds inside a worker when no doorbell has rung for a while, so that work goes on without a broker."""

import threading
import time

import structlog
from celery import Task, signals
from django.conf import settings
from django.db import close_old_connections

log = structlog.get_logger(__name__)

SILENCE_S = 3.0


class Rounds:
    """Runs `tasks` in turn whenever `SILENCE_S` have passed without `heard()`."""

    def __init__(self, tasks: "list[Task[..., object]]") -> None:
        self._tasks = tasks
        self._heard_at = time.monotonic()
        self._over = threading.Event()

    def heard(self) -> None:
        """A task has come through the broker: no rounds are needed for a while."""
        self._heard_at = time.monotonic()

    def go(self) -> None:
        """Make rounds until `stop`."""
        while not self._over.wait(1.0):
            if time.monotonic() - self._heard_at >= SILENCE_S:
                self._once()

    def stop(self) -> None:
        """End after the round under way."""
        self._over.set()

    def _once(self) -> None:
        close_old_connections()
        for task in self._tasks:
            try:
                task()
            except Exception:
                log.exception("rounds.failed", task=task.name)
        close_old_connections()


def _begin(**_: object) -> None:
    from transactions import tasks as of_transactions
    from workflows import tasks as of_workflows

    _set_out(
        [
            of_transactions.start,
            of_transactions.sync,
            of_transactions.sweep,
            of_transactions.read_logs,
            of_workflows.deploy,
            of_workflows.invoke,
            of_workflows.read_metrics,
        ]
    )
    # Apart from the others, which a receiver that hangs would hold up.
    _set_out([of_transactions.deliver])


def _set_out(tasks: "list[Task[..., object]]") -> None:
    rounds = Rounds(tasks)
    signals.task_prerun.connect(lambda **_: rounds.heard(), weak=False)
    signals.worker_shutting_down.connect(lambda **_: rounds.stop(), weak=False)
    threading.Thread(target=rounds.go, name="rounds", daemon=True).start()


def begin_with_worker() -> None:
    """Let every worker of this installation make rounds."""
    if settings.ROUNDS:
        signals.worker_init.connect(_begin, weak=False)
