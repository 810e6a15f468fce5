"""Hooks, what they are told, and each try. Hooks are made and changed by the service; the rest is to be looked at."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from transactions.models import Attempt, Delivery, Hook
from transactions.services import deliveries, hooks
from transactions.services.hooks import MANAGE, NotNow, Wish
from transactions.services.submissions import Rejected
from workflows.admin.bases import ReadOnly, ShowsSecretOnce, signed_in
from workflows.forms.texts import LongText


class HookForm(forms.ModelForm):  # type: ignore[type-arg]
    """A hook with its lists one line each; the service's refusals are shown beside the fields."""

    events = LongText(help_text="One a line, such as transaction.succeeded.")
    conditions = LongText(required=False, help_text="One a line, such as amount > 100; all of them must hold.")

    class Meta:
        model = Hook
        fields = ("target_url", "events", "workflow", "environment", "branch", "conditions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("events", "conditions"):
            if isinstance(lines := self.initial.get(name), list):
                self.initial[name] = "\n".join(lines)

    def clean_events(self) -> list[str]:
        """A line each."""
        return _lines(self.cleaned_data["events"])

    def clean_conditions(self) -> list[str]:
        """A line each."""
        return _lines(self.cleaned_data["conditions"])

    def clean(self) -> dict[str, Any]:
        """Whatever the service would refuse."""
        given = super().clean() or {}
        if not self.errors:
            try:
                hooks.check(_wish(given))
            except Rejected as rejected:
                for problem in rejected.problems:
                    self.add_error(problem.path.strip("/") or None, problem.message)
        return given


@admin.register(Hook)
class HookAdmin(ShowsSecretOnce):
    """Who is told what. A hook's secret is shown once, when it is made; deleting is an action, for deliveries stay."""

    form = HookForm
    list_display = ("target_url", "status", "workflow", "environment", "created_by", "created_at", "failing_since")
    list_filter = ("status", "workflow", "environment")
    list_select_related = ("workflow", "environment", "created_by")
    search_fields = ("=id", "target_url")
    date_hierarchy = "created_at"
    actions = ("verify", "switch_off", "unsubscribe")
    asked = ("target_url", "events", "workflow", "environment", "branch", "conditions")
    found_out = (
        "status",
        "problem",
        "created_by",
        "created_at",
        "live_since",
        "off_since",
        "failing_since",
        "held_until",
    )
    readonly_fields = found_out

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Never a secret."""
        return (*self.asked, *self.found_out) if obj else self.asked

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever manages hooks."""
        return request.user.has_perm(MANAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever manages hooks; what is deleted stays as it was."""
        return request.user.has_perm(MANAGE) and (obj is None or obj.status != "deleted")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: its deliveries would go with it."""
        return False

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether the actions are offered; the services ask again."""
        return request.user.has_perm(MANAGE)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the service; the list shows the secret, this once."""
        wish, by = _wish(form.cleaned_data), signed_in(request)
        if change:
            hooks.change(obj, wish, by=by)
            return
        made = hooks.subscribe(wish, by=by)
        obj.__dict__.update(made.hook.__dict__)
        self.hand_over(request, made.secret)

    @admin.action(description="Send a ping", permissions=["manage"])
    def verify(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """What answers is live."""
        self._each(request, rows, lambda row: hooks.verify(row, by=signed_in(request)), "to be sent a ping")

    @admin.action(description="Switch off", permissions=["manage"])
    def switch_off(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """They are told nothing more."""
        self._each(request, rows, lambda row: hooks.switch_off(row, by=signed_in(request)), "off")

    @admin.action(description="Delete", permissions=["manage"])
    def unsubscribe(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """The subscriptions end; what was told stays to be looked at."""
        self._each(request, rows, lambda row: hooks.delete(row, by=signed_in(request)), "deleted")

    def _each(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Hook], None], said: str) -> None:
        done = 0
        for row in rows:
            try:
                act(row)
                done += 1
            except NotNow as why:
                self.message_user(request, f"{row}: {why}", messages.ERROR)
        self.message_user(request, f"{done} {said}.", messages.SUCCESS)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """What hooks were told, or why not."""

    list_display = ("kind", "subject", "hook", "status", "status_code", "attempts", "created_at", "next_attempt_at")
    list_filter = ("status", "created_at")
    list_select_related = ("hook",)
    search_fields = ("=id", "=subject", "=hook__id", "=kind")
    raw_id_fields = ("hook", "fact")
    actions = ("resend",)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered; the service asks again."""
        return request.user.has_perm(MANAGE)

    @admin.action(description="Send again", permissions=["manage"])
    def resend(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Under the same message ids."""
        done = 0
        for row in rows.select_related("hook"):
            try:
                deliveries.resend(row, by=signed_in(request))
                done += 1
            except NotNow as why:
                self.message_user(request, f"{row}: {why}", messages.ERROR)
        self.message_user(request, f"{done} to be sent again.", messages.SUCCESS)


@admin.register(Attempt)
class AttemptAdmin(ReadOnly):
    """HTTP tries, and what was answered."""

    list_display = ("delivery_id", "number", "at", "status_code", "duration_ms", "error")
    list_filter = (("error", admin.EmptyFieldListFilter), "at")
    search_fields = ("=delivery__id", "=status_code", "error")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _wish(given: dict[str, Any]) -> Wish:
    return Wish(
        target_url=given["target_url"],
        events=given["events"],
        workflow=given["workflow"].name if given.get("workflow") else "",
        environment=given["environment"].slug if given.get("environment") else "",
        branch=given.get("branch", ""),
        conditions=given.get("conditions", []),
    )
