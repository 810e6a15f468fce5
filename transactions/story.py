"""Reads for the page of one transaction: all it shows, in a number of queries that does not grow with the rows."""

import uuid
from dataclasses import dataclass

from transactions.models import BusinessKey, ChoiceResult, Event, Execution, Transaction, Visit

MOST_VISITS = 200
MOST_EVENTS = 300
MOST_RERUNS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One transaction with what is told of it."""

    transaction: Transaction
    execution: Execution
    keys: list[BusinessKey]
    choices: list[ChoiceResult]
    visits: list[Visit]
    events: list[Event]
    reruns: list[Transaction]
    more_visits: bool
    more_events: bool

    @property
    def is_open(self) -> bool:
        """Whether it can still move on."""
        return not self.transaction.status_now.is_final

    @property
    def version(self) -> str:
        """Differs whenever the page would."""
        return version(self.transaction)


def find(pk: uuid.UUID) -> Transaction | None:
    """The transaction with what names it, without the rows below it."""
    related = ("workflow", "revision", "environment", "created_by", "stop_requested_by", "execution", "deployment")
    return Transaction.objects.select_related(*related).filter(pk=pk).first()


def version(row: Transaction) -> str:
    """Differs whenever the page of `row` (from `find`) would."""
    marks = (row.waiting_since, row.stuck_since, row.stop_requested_at, row.execution.problem)
    return f"{row.version}.{''.join(str(int(bool(mark))) for mark in marks)}"


def tell(row: Transaction) -> Shown:
    """All that the page of `row` (from `find`) shows."""
    execution = row.execution
    visits = list(execution.visits.all()[: MOST_VISITS + 1])
    events = list(execution.events.all()[: MOST_EVENTS + 1])
    return Shown(
        transaction=row,
        execution=execution,
        keys=list(row.keys.order_by("pk")),
        choices=list(execution.choices.all()),
        visits=visits[:MOST_VISITS],
        events=events[:MOST_EVENTS],
        reruns=list(row.reruns.order_by("pk")[:MOST_RERUNS]),
        more_visits=len(visits) > MOST_VISITS,
        more_events=len(events) > MOST_EVENTS,
    )
