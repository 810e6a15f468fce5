"""Reads for the page of one transaction: what each of its tabs shows, in a number of queries that does not grow."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString

from transactions import delivery_log, figures, predictions, timeline
from transactions.figures import Branch
from transactions.models import BusinessKey, ChoiceResult, Delivery, Event, Execution, LogReading, Transaction, Visit
from transactions.predictions import MOST_FOLDED, MOST_OPEN, Foreseen
from transactions.timeline import Timeline
from workflows import diffs, inputs, json_text, trail
from workflows.asl import history
from workflows.asl.model import StateMachine
from workflows.diffs import Line
from workflows.models import Activity

MOST_VISITS = 200
FEW_VISITS = 12  # more of them are folded
MOST_EVENTS = 300
MOST_RERUNS = 20
MOST_ACTIVITY = 100

# What AWS does when it redrives what failed at a state of that type.
IN_VAIN: Mapping[str, str] = {
    "Choice": "A redrive begins again at {} with the same input and rules: it would most likely fail again.",
    "Fail": "A redrive enters the Fail state {} again, and fails again.",
}
TABS: Mapping[str, str] = {
    "story": "Story",
    "timeline": "Timeline",
    "data": "Input and output",
    "logs": "Logs",
    "events": "Events",
    "deliveries": "Deliveries",
    "history": "History",
}


@dataclass(frozen=True)
class Shown:
    """One transaction; every tab reads what it alone needs when its template asks."""

    transaction: Transaction
    tab: str = "story"
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def execution(self) -> Execution:
        """Its run in AWS."""
        return self.transaction.execution

    @property
    def is_open(self) -> bool:
        """Whether it can still move on."""
        return not self.transaction.status_now.is_final

    @property
    def is_live(self) -> bool:
        """Whether the page changes by itself: until the end, its history being read, and a redrive being answered."""
        if self.tab == "logs" and self.logs is not None and (self.logs.next_read_at or self._may_lack_lines):
            return True
        if self.transaction.redrive_requested_at is not None:
            return True
        return self.is_open or (self.execution.read_at is None and self.execution.next_sync_at is not None)

    @property
    def _may_lack_lines(self) -> bool:
        return self.logs is not None and self.logs.may_lack(self.transaction.finished_at)

    @property
    def version(self) -> str:
        """Differs whenever the page would."""
        of_logs = f".{self.logs.read_at}" if self.tab == "logs" and self.logs else ""
        return version(self.transaction) + of_logs

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """Names and labels."""
        return list(TABS.items())

    @cached_property
    def keys(self) -> list[BusinessKey]:
        """Business keys, in the order of the workflow's."""
        return list(self.transaction.keys.order_by("pk"))

    @cached_property
    def reruns(self) -> list[Transaction]:
        """What was run again of it."""
        return list(self.transaction.reruns.order_by("pk")[:MOST_RERUNS])

    @cached_property
    def redrive_in_vain(self) -> str:
        """Why a redrive would most likely fail again, where that can be seen from where it failed."""
        if self.transaction.status != "failed":
            return ""
        failed = self.execution.visits.filter(status="failed").only("execution_id", "state", "type").last()
        again = IN_VAIN.get(failed.type) if failed else None
        return again.format(failed) if again else ""

    # -- story

    @cached_property
    def choices(self) -> list[ChoiceResult]:
        """The branches taken."""
        return list(self.execution.choices.all())

    @cached_property
    def leading(self) -> list[Branch]:
        """The Choice results shown in full: all of a few; of many the one where it failed, else the last."""
        inside = {visit.entered_event for visit in self._steps if visit.path}
        few = self.choices if len(self.choices) <= MOST_OPEN else [_telling(self.choices, inside)]
        return figures.branches(self._machine, few, self._steps)

    @cached_property
    def others(self) -> list[Branch]:
        """The other Choice results, in their order; the last 100."""
        leading = {branch.result.pk for branch in self.leading}
        rest = [choice for choice in self.choices if choice.pk not in leading]
        return figures.branches(self._machine, rest[-MOST_FOLDED:], self._steps)

    @property
    def besides(self) -> int:
        """How many other Choice results there are, shown or not."""
        return len(self.choices) - len(self.leading)

    @cached_property
    def _machine(self) -> StateMachine | None:
        return figures.machine_of(self.transaction)

    @cached_property
    def figure(self) -> SafeString | None:
        """The graph with the path taken."""
        machine = self._machine
        return figures.path_taken(self.transaction, machine, self.choices, self._steps) if machine else None

    @cached_property
    def _steps(self) -> list[Visit]:
        return figures.visits_of(self.transaction)

    @cached_property
    def prediction(self) -> Foreseen | None:
        """What it will do, as long as AWS has not told what it does."""
        if self.visits or not self.is_live:
            return None
        return predictions.foresee(self.transaction.revision, self.transaction.input)

    @cached_property
    def visits(self) -> list[Visit]:
        """The states visited, without what went through them; at most 200."""
        return self._visits[:MOST_VISITS]

    @property
    def has_few_visits(self) -> bool:
        """Whether they are all seen at once."""
        return len(self.visits) <= FEW_VISITS

    @property
    def more_visits(self) -> bool:
        """Whether there are visits that are not shown."""
        return len(self._visits) > MOST_VISITS

    @cached_property
    def _visits(self) -> list[Visit]:
        found = list(self.execution.visits.defer("input", "output")[: MOST_VISITS + 1])
        for visit in found:
            visit.paused = sum((end - begin for begin, end in timeline.within(visit, self._pauses)), timedelta(0))
        return found

    @cached_property
    def _pauses(self) -> list[timeline.Pause]:
        """While the run was over, each time until it was redriven."""
        if not self.execution.redrives:
            return []
        types = [*history.EXECUTION_ENDED, history.REDRIVEN]
        told = list(self.execution.events.filter(type__in=types).order_by("number").values_list("type", "at"))
        return [(before, at) for (_, before), (kind, at) in pairwise(told) if kind == history.REDRIVEN]

    # -- timeline

    @cached_property
    def timeline(self) -> Timeline | None:
        """The visits as bars, up to now or the end."""
        return timeline.draw(self.visits, self.transaction.finished_at or timezone.now(), self._pauses)

    @property
    def grows(self) -> bool:
        """Whether the bars of what runs reach further from moment to moment, with nothing new from AWS."""
        return self.is_open and any(visit.exited_at is None for visit in self.visits)

    # -- input and output

    @cached_property
    def visit(self) -> Visit | None:
        """The visit asked for; else the last that failed, which is the innermost; else the first."""
        asked = self.asked.get("visit", "")
        if asked.isdecimal() and len(asked) < 10:
            return self.execution.visits.filter(entered_event=int(asked)).first()
        failed = next((visit for visit in reversed(self.visits) if visit.status == "failed"), None)
        chosen = failed or next(iter(self.visits), None)
        return self.execution.visits.filter(pk=chosen.pk).first() if chosen else None

    @cached_property
    def visit_changes(self) -> list[Line]:
        """How the output of that visit differs from its input."""
        if self.visit is None or not self.visit.output:
            return []
        return changes(self.visit.input, self.visit.output)

    @cached_property
    def rerun_changes(self) -> list[Line]:
        """How its input differs from that of the transaction it is a rerun of."""
        origin = self.transaction.rerun_of
        return changes(origin.input, self.transaction.input) if origin else []

    # -- logs

    @cached_property
    def logs(self) -> LogReading | None:
        """The log lines as far as they were read."""
        return LogReading.objects.filter(pk=self.transaction.pk).first()

    @cached_property
    def log_lines(self) -> list[Mapping[str, Any]]:
        """Each line, its time as a time."""
        return [line | {"at": datetime.fromisoformat(line["at"])} for line in self.logs.lines] if self.logs else []

    # -- deliveries

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """What hooks were told of it, or why not."""
        return delivery_log.of_subject(str(self.transaction.pk))

    # -- events and history

    @cached_property
    def events(self) -> list[Event]:
        """AWS's history, 300 lines from the one asked for."""
        return self._events[:MOST_EVENTS]

    @property
    def is_left_lying(self) -> bool:
        """Whether no worker has taken it for two leases, though none has said so either."""
        return self.transaction.is_left_lying

    @property
    def next_event(self) -> int | None:
        """Where the next page of events begins."""
        return self._events[MOST_EVENTS].number if len(self._events) > MOST_EVENTS else None

    @property
    def unfolded(self) -> int | None:
        """The event whose details are shown whole."""
        return _number(self.asked.get("event", ""))

    @cached_property
    def _events(self) -> list[Event]:
        first = _number(self.asked.get("from", "")) or 0
        return list(self.execution.events.filter(number__gte=first)[: MOST_EVENTS + 1])

    @cached_property
    def activity(self) -> list[tuple[trail.Entry, Transaction | None]]:
        """Who did what to it, oldest first; that it was run again, with what came of that."""
        own, again = str(self.transaction.pk), {str(one.pk): one for one in self.reruns}
        about = Q(subject_id=own) | Q(action="transaction.submit", subject_id__in=again)
        rows = Activity.objects.filter(about, subject_kind="transaction").order_by("pk")[:MOST_ACTIVITY]
        return [(entry, again.get(entry.row.subject_id)) for entry in trail.entries_of(rows)]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def find(pk: uuid.UUID) -> Transaction | None:
    """The transaction with what names it, without the rows below it."""
    related = (
        "workflow", "revision", "environment", "created_by", "stop_requested_by", "execution", "deployment", "rerun_of",
    )  # fmt: skip
    return Transaction.objects.select_related(*related).filter(pk=pk).first()


def version(row: Transaction) -> str:
    """Differs whenever the page of `row` (from `find`) would."""
    told = (row.waiting_since, row.stuck_since, row.stop_requested_at, row.is_left_lying)
    marks = (*told, row.execution.problem, row.execution.read_at)
    return f"{row.version}.{''.join(str(int(bool(mark))) for mark in marks)}"


def _telling(choices: Sequence[ChoiceResult], inside: Collection[int]) -> ChoiceResult:
    """Of many the one to look at first: where it failed, else what history contradicts, else the last.

    `inside` are the events at which states of Maps and Parallels were entered: the last of all counts before theirs.
    """
    return max(choices, key=lambda one: (not one.next, not one.agrees, one.entered_event not in inside, one.position))


def changes(before: str, after: str) -> list[Line]:
    """How one input, as JSON, differs from another, line by line; in which order members stand is no difference."""
    was, is_now = (json_text.pretty(inputs.in_order_of(text, after)) for text in (before, after))
    return diffs.compare(was, is_now)
