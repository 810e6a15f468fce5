"""READS how transactions flowed: from workflow over Choice and branch to outcome, counted over a bounded number."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef

from transactions.models import ChoiceResult, Transaction
from transactions.statuses import TRANSACTION
from transactions.summaries import newest
from workflows.models import Environment
from workflows.statuses import Status

MOST_BRANCHES = 12


@dataclass(frozen=True, slots=True)
class Stream:
    """The transactions of one workflow that took one branch and have one status; no `state` where none was taken."""

    workflow: str
    title: str
    state: str
    next: str
    status: Status
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The streams, the widest branch first; `left_out` counts the branches beyond the twelve most taken.

    A transaction is in a stream for each branch it took, and once in `workflows` (by name) and `outcomes` (by status).
    """

    streams: list[Stream]
    left_out: int
    workflows: Mapping[str, int]
    outcomes: Mapping[str, int]


def read(environment: Environment | None, since: datetime) -> Flow:
    """How the newest ten thousand since then flowed, in two queries."""
    transactions = _transactions(environment, since)
    counted = _with_choice(environment, since) + [(key, n) for key, reached, n in transactions if not reached]
    sizes: Counter[tuple[str, str, str]] = Counter()
    for (name, _, state, entered, _), count in counted:
        sizes[name, state, entered] += count
    kept = [branch for branch, _ in sizes.most_common(MOST_BRANCHES)]
    streams = [
        Stream(name, title, state, entered, TRANSACTION[status], count, _address(name, state, entered, status, since))
        for (name, title, state, entered, status), count in counted
        if (name, state, entered) in kept
    ]
    order = {branch: place for place, branch in enumerate(kept)}
    streams.sort(key=lambda one: (order[one.workflow, one.state, one.next], -one.count))
    workflows, outcomes = Counter[str](), Counter[str]()
    for (name, _, _, _, status), _, count in transactions:
        workflows[name] += count
        outcomes[status] += count
    return Flow(streams, len(sizes) - len(kept), workflows, outcomes)


Key = tuple[str, str, str, str, str]  # workflow, its title, Choice, branch, status


def _with_choice(environment: Environment | None, since: datetime) -> list[tuple[Key, int]]:
    """By branch; a transaction that took one several times counts once."""
    rows = ChoiceResult.objects.filter(execution__in=newest(environment, since)).order_by()
    fields = ("workflow__name", "workflow__title", "state", "next", "execution__transaction__status")
    counted = rows.values_list(*fields).annotate(n=Count("execution", distinct=True))
    return [((name, title, state, entered, status), n) for name, title, state, entered, status, n in counted]


def _transactions(environment: Environment | None, since: datetime) -> list[tuple[Key, bool, int]]:
    """By workflow and status, those that reached a Choice and those that did not: each counts once."""
    choices = ChoiceResult.objects.filter(execution=OuterRef("pk"))
    rows = Transaction.objects.filter(pk__in=newest(environment, since)).order_by().annotate(reached=Exists(choices))
    counted = rows.values_list("workflow__name", "workflow__title", "status", "reached").annotate(n=Count("pk"))
    return [((name, title, "", "", status), reached, n) for name, title, status, reached, n in counted]


def _address(name: str, state: str, entered: str, status: str, since: datetime) -> str:
    """The list filtered by the stream, but for what no filter can say (that no branch was taken)."""
    branch = {"branch": f"{state}->{entered}"} if state else {}
    wanted = {"workflow": name, **branch, "status": status, "created_after": since.isoformat(timespec="seconds")}
    return f"/transactions/?{urlencode(wanted)}"
