"""READS: test invocations of a function and the payloads kept for them, as a page shows them."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import QuerySet
from django.utils import timezone

from workflows import costs
from workflows.failures import Failure, read_failure
from workflows.models import Environment, Function, Invocation, Payload
from workflows.pricing import Cost
from workflows.statuses import Status

SHOWN = 20
MARGIN = timedelta(minutes=10)  # for looking, and for running on


@dataclass(frozen=True)
class Shown:
    """One invocation as its page shows it at this moment."""

    row: Invocation

    @property
    def is_live(self) -> bool:
        """Whether somebody still waits for it."""
        return not self.row.status_now.is_final and self.row.left_at is None

    @property
    def elapsed(self) -> timedelta:
        """Since it was asked for, or until it was over; in whole seconds while it is not."""
        end = self.row.finished_at or timezone.now()
        elapsed = end - (self.row.started_at or self.row.requested_at)
        return elapsed if self.row.finished_at else timedelta(seconds=int(elapsed.total_seconds()))

    @property
    def status(self) -> Status:
        """Its status."""
        return self.row.status_now

    @property
    def log_range(self) -> str:
        """The shortest range of the log page that reaches back to it."""
        age = timezone.now() - self.row.requested_at + MARGIN
        return "1h" if age < timedelta(hours=1) else "24h" if age < timedelta(hours=24) else "7d"

    @property
    def version(self) -> str:
        """Differs whenever what is shown would: every second while it is waited for."""
        ticking = str(int(self.elapsed.total_seconds())) if self.is_live else ""
        return f"{self.row.status}.{self.row.left_at is not None:d}.{ticking}"

    @cached_property
    def failure(self) -> Failure | None:
        """The error, taken apart; None where there is none."""
        return read_failure(self.row.error) if self.row.error else None

    @cached_property
    def cost(self) -> Cost | None:
        """What it cost, where that can be said."""
        return costs.of_invocation(self.row)


def find(pk: int) -> Invocation | None:
    """One invocation, with what it is about."""
    return _readable().filter(pk=pk).first()


def history(function: Function, environment: Environment | None) -> list[Invocation]:
    """The last invocations that were asked for here, newest first."""
    return list(of(function, environment)[:SHOWN])


def of(function: Function, environment: Environment | None) -> QuerySet[Invocation]:
    """All of them."""
    return _readable().filter(function=function, environment=environment)


def payloads(function: Function) -> list[Payload]:
    """All of a function's, by name."""
    return list(Payload.objects.filter(function=function))


def _readable() -> QuerySet[Invocation]:
    related = ("environment", "function", "requested_by", "deployment__function_revision")
    return Invocation.objects.select_related(*related).defer("deployment__function_revision__package")
