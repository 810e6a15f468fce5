"""What was asked for, and what ran: to look at and find. Nothing is edited; actions ask services."""

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from transactions import filtering
from transactions.models import (
    BusinessKey,
    ChoiceResult,
    Event,
    Execution,
    LogReading,
    Preset,
    Transaction,
    Visit,
)
from transactions.services import recovery, watching
from transactions.statuses import OF_AWS
from workflows.admin.bases import ReadOnly, among, signed_in

STATE_TYPES = ("Task", "Choice", "Wait", "Pass", "Parallel", "Map", "Succeed", "Fail")


@admin.register(Transaction)
class TransactionAdmin(ReadOnly):
    """What was asked for, and how far it has come."""

    list_display = ("short_id", "workflow", "environment", "status", "reference", "created_by", "created_at")
    list_filter = ("status", "environment", "workflow", ("stuck_since", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("workflow", "environment", "created_by")
    search_fields = ("=id", "reference", "keys__text", "error")
    raw_id_fields = ("deployment", "revision", "rerun_of")
    actions = ("sync", "stop", "redrive")

    @admin.display(description="Id", ordering="pk")
    def short_id(self, row: Transaction) -> str:
        """Its end, as the pages show it: the search finds a transaction by that too."""
        return f"…{str(row.pk)[-12:]}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Also by the end of the id, which is what the list shows of it."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if ids := filtering.ending(search_term.strip(), queryset):
            return queryset.filter(pk__in=ids), False
        return found, may_repeat

    def has_stop_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered; the service asks again."""
        return request.user.has_perm("transactions.stop")

    @admin.action(description="Sync with AWS", permissions=["view"])
    def sync(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Ask workers to compare these with AWS now."""
        for row in rows:
            watching.sync(row, by=signed_in(request))
        self.message_user(request, f"{len(rows)} to be compared with AWS.", messages.SUCCESS)

    @admin.action(description="Stop", permissions=["stop"])
    def stop(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Ask for these to be stopped; those that are over stay as they are."""
        over = 0
        for row in rows:
            try:
                recovery.stop(row, by=signed_in(request))
            except recovery.AlreadyOver:
                over += 1
        self.message_user(request, f"{len(rows) - over} to be stopped, {over} over already.", messages.SUCCESS)

    def has_redrive_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered; the service asks again."""
        return request.user.has_perm("transactions.rerun")

    @admin.action(description="Redrive", permissions=["redrive"])
    def redrive(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Ask for these to go on where they failed; why some cannot is said once for each reason."""
        refusals: Counter[str] = Counter()
        for row in rows.select_related("environment", "execution", "revision"):
            try:
                recovery.redrive(row, by=signed_in(request))
            except recovery.NotRedrivable as refused:
                refusals[str(refused)] += 1
        if asked := len(rows) - refusals.total():
            self.message_user(request, f"{asked} to be redriven.", messages.SUCCESS)
        for why, count in refusals.items():
            self.message_user(request, f"{count} not redriven: {why}", messages.WARNING)


@admin.register(BusinessKey)
class BusinessKeyAdmin(ReadOnly):
    """Values transactions are found by."""

    list_display = ("name", "text", "number", "workflow", "transaction")
    list_filter = ("workflow",)
    list_select_related = ("workflow", "transaction")
    search_fields = ("=name", "text", "=transaction__id")


@admin.register(Execution)
class ExecutionAdmin(ReadOnly):
    """What AWS knows of transactions, and how much of it was read."""

    list_display = ("transaction", "status", "events_read", "redrives", "links", "read_at", "next_sync_at")
    list_filter = (
        among("status", OF_AWS),
        among("links", ("recorded", "inferred")),
        ("problem", admin.EmptyFieldListFilter),
    )
    list_select_related = ("transaction",)
    search_fields = ("=transaction__id", "=arn")


class OfExecution(ReadOnly):
    """Rows below an execution, which has its transaction's id: no query more to tell which it is."""

    @admin.display(description="transaction", ordering="execution")
    def transaction_id(self, row: Event | Visit | ChoiceResult | LogReading) -> str:
        """Its transaction's id."""
        return str(row.execution_id)


@admin.register(Event)
class EventAdmin(OfExecution):
    """Lines of AWS history."""

    list_display = ("transaction_id", "number", "type", "state", "at")
    list_filter = ("at",)
    list_select_related = ("execution",)
    search_fields = ("=execution__transaction__id", "=type", "state")


@admin.register(Visit)
class VisitAdmin(OfExecution):
    """States entered and left."""

    list_display = ("transaction_id", "position", "state", "type", "status", "error", "entered_at", "exited_at")
    list_filter = ("status", among("type", STATE_TYPES), "entered_at")
    list_select_related = ("execution",)
    search_fields = ("=execution__transaction__id", "state", "error")


@admin.register(ChoiceResult)
class ChoiceResultAdmin(OfExecution):
    """Branches taken at Choice states."""

    list_display = ("transaction_id", "workflow", "state", "next", "rule", "agrees", "at")
    list_filter = ("workflow", "agrees", "at")
    list_select_related = ("execution", "workflow")
    search_fields = ("=execution__transaction__id", "state", "next")


@admin.register(LogReading)
class LogReadingAdmin(OfExecution):
    """Log lines that somebody asked for."""

    list_display = ("transaction_id", "asked_at", "read_at", "is_partial", "problem")
    list_filter = ("is_partial", ("problem", admin.EmptyFieldListFilter), "asked_at")
    list_select_related = ("execution",)
    search_fields = ("=execution__transaction__id", "problem")


@admin.register(Preset)
class PresetAdmin(ReadOnly):
    """Inputs kept under a name."""

    list_display = ("name", "workflow", "created_by", "created_at")
    list_filter = ("workflow", "created_at")
    list_select_related = ("workflow", "created_by")
    search_fields = ("name", "input")
