"""A deployment as a list of steps: each asks "is it already so?", changes what is not, and leaves a row."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from workflows.claims import extend
from workflows.models import Deployment, DeploymentStep

PATIENCE_S = 10.0  # well below the lease; after that the deployment goes to the end of the queue


@dataclass(frozen=True, slots=True)
class Sides:
    """What something is to be set to and what it is set to, field by field; `live` is None where it is gone.

    `settings` are what a definition would say for a field to be as it is live: the setting's name and value.
    """

    wanted: Mapping[str, str]
    live: Mapping[str, str] | None
    settings: Mapping[str, tuple[str, Any]] = field(default_factory=dict)


GONE = Sides({}, None)


@dataclass(frozen=True, slots=True)
class Step:
    """`is_so` gives a sentence when nothing is to be done, else None; `change` does it and says what was done.

    `sides`, where it is known, tells what `is_so` found to differ; to be asked after it.
    """

    name: str
    is_so: Callable[[], str | None]
    change: Callable[[], str]
    sides: Callable[[], Sides] | None = None


class Refusal(Exception):
    """The step cannot be done, now or later, until somebody does something about it."""

    def __init__(self, error: str, cause: str, advice: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause, self.advice = error, cause, advice


class NotYet(Exception):
    """The step cannot be done yet; the deployment is tried again in a moment."""


class NotShown(NotYet):
    """AWS does not show what was done, and says what instead; no deployment waits for that without end."""


def patience() -> Iterator[None]:
    """Moments at which to look again, further and further apart, for as long as a step may reasonably wait."""
    pause, until = 0.05, time.monotonic() + PATIENCE_S
    yield
    while time.monotonic() < until:
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)
        yield


def carry_out(deployment: Deployment, steps: Iterable[Step]) -> None:
    """Do `steps` in order, leaving a row each. Raises what a step raises, after marking its row failed."""
    deployment.steps.all().delete()  # an attempt that was cut short is told anew: what it did is "already so" now
    carry_out_more(deployment, steps)


def carry_out_more(deployment: Deployment, steps: Iterable[Step]) -> None:
    """Do `steps` behind those that are written down already."""
    for position, step in enumerate(steps, deployment.steps.count()):
        with transaction.atomic():
            extend(deployment)
            row = DeploymentStep.objects.create(deployment=deployment, position=position, name=step.name)
        try:
            _carry_out(step, row)
        except Exception as error:
            _finish(row, "running" if isinstance(error, NotYet) else "failed", str(error))
            raise


def _carry_out(step: Step, row: DeploymentStep) -> None:
    detail = step.is_so()
    if detail is not None:
        _finish(row, "already_so", detail)
        return
    _finish(row, "changed", step.change())


def _finish(row: DeploymentStep, status: str, detail: str) -> None:
    row.status, row.detail, row.finished_at = status, detail, timezone.now()
    row.save(update_fields=["status", "detail", "finished_at"])
