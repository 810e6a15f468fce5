"""READS of activity: what the page is filtered by, one page of it by cursor, and each change field by field."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from workflows.models import Activity, Environment

SHOWN = 50
FIRST = 4
LONGEST = 2_000
# The parameters of the address, and the column each of them narrows.
FILTERS = {"who": "by_name", "kind": "subject_kind", "action": "action", "object": "subject_id"}
# Named rather than looked up: the table grows with every submission.
KINDS = (
    "delivery",
    "deployment",
    "drift",
    "environment",
    "function",
    "functionrevision",
    "group",
    "hook",
    "import",
    "inboundhook",
    "invocation",
    "payload",
    "preset",
    "price",
    "templateimport",
    "token",
    "transaction",
    "trigger",
    "user",
    "workflow",
    "workflowrevision",
)
WORDS = {"inboundhook": "inbound hook", "templateimport": "imported file"}
PAGES = {
    "transaction": "transactions:transaction",
    "deployment": "workflows:deployment",
    "hook": "hooks:hook",
    "delivery": "hooks:delivery",
    "invocation": "workflows:invocation",
    "payload": "workflows:payload",
    "preset": "transactions:preset",
}
# A revision is shown on the page of what it is a revision of.
PAGES_BY_NAME = {
    "inboundhook": "inbound:hook",
    "workflow": "workflows:workflow",
    "workflowrevision": "workflows:workflow",
    "function": "workflows:function",
    "functionrevision": "workflows:function",
}
# Those that go by a name everywhere, which their label is.
NAMED = ("function", "inboundhook", "workflow")
# What was done, where its name does not say so to people; "hook.create" reads "created".
ACTIONS = {
    "delivery.resend": "sent again",
    "deployment.move_back": "moved back after a failure",
    "deployment.request": "asked to deploy",
    "drift.accept": "accepted what is live",
    "drift.compare": "asked to compare with AWS",
    "function.delete": "asked to delete",
    "function.restore": "restored",
    "function.smoke_test": "changed the smoke test",
    "hook.disable": "switched off, for it failed too long",
    "hook.end_overlap": "ended the former secret",
    "hook.live": "found live",
    "hook.resend_failed": "sent again what had failed",
    "hook.rotate_secret": "gave a new secret",
    "hook.switch_off": "switched off",
    "hook.take_over": "took over",
    "hook.verify": "asked to verify",
    "import.look": "looked for what can be imported",
    "import.request": "asked to import",
    "inbound-hook.end-overlap": "ended the former secret",
    "inbound-hook.rotate": "gave a new secret",
    "inbound-hook.take_over": "took over",
    "invocation.leave": "stopped waiting",
    "invocation.request": "invoked",
    "template.propose": "handed in a file",
    "template.rename": "renamed before importing",
    "template.take": "imported from a file",
    "token.issue": "issued",
    "token.revoke": "revoked",
    "token.rotate": "rotated",
    "transaction.redrive": "asked to redrive",
    "transaction.stop": "asked to stop",
    "transaction.submit": "submitted",
    "transaction.sync": "asked to read it anew",
    "trigger.test": "tested a trigger",
    "user.set-password": "set the password",
    "workflow.rename": "gave a new title",
}
VERBS = {"create": "created", "change": "changed", "delete": "deleted", "save": "saved"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a change; nothing where there was or is none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as the page shows it."""

    row: Activity
    href: str
    fields: tuple[Field, ...]

    @property
    def kind(self) -> str:
        """What was changed, in words."""
        return in_words(self.row.subject_kind)

    @property
    def did(self) -> str:
        """What was done, in words."""
        return done(self.row.action)

    @property
    def first(self) -> tuple[Field, ...]:
        """The fields shown at once."""
        return self.fields[:FIRST]

    @property
    def rest(self) -> tuple[Field, ...]:
        """Those shown when asked for."""
        return self.fields[FIRST:]


@dataclass(frozen=True, slots=True)
class Page:
    """Some changes, newest first, and where the older ones begin."""

    entries: tuple[Entry, ...]
    next: int | None


def page(params: Mapping[str, str]) -> Page:
    """The changes that fit `who`, `kind`, `action` and `object`, below the id `before`."""
    found = find(params)
    before = params.get("before", "")
    if before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = list(found[: SHOWN + 1])
    return Page(entries_of(rows[:SHOWN]), rows[SHOWN - 1].pk if len(rows) > SHOWN else None)


def entries_of(rows: Iterable[Activity]) -> tuple[Entry, ...]:
    """The rows as pages show them."""
    return tuple(Entry(row, _href(row), fields(row.before, row.after)) for row in rows)


def done(action: str) -> str:
    """What the name of an action says, in the words of whoever reads of it; its name where nobody gave it words."""
    return ACTIONS.get(action) or VERBS.get(action.rpartition(".")[2], action)


def is_action(action: str) -> bool:
    """Whether rows may have it."""
    return done(action) != action


def in_words(kind: str) -> str:
    """The name of a model as two words where it is two."""
    return kind.removesuffix("revision") + " revision" if kind.endswith("revision") else WORDS.get(kind, kind)


def find(params: Mapping[str, str]) -> QuerySet[Activity]:
    """The changes that fit `who`, `kind`, `action` and `object` (an id, or a name that stands for it), newest first."""
    wanted = {column: params[name] for name, column in FILTERS.items() if params.get(name) and name != "object"}
    rows = Activity.objects.filter(**wanted)
    if named := params.get("object"):
        environments = [str(pk) for pk in Environment.objects.filter(slug=named).values_list("pk", flat=True)]
        by_name = Q(subject_kind__in=NAMED, subject_label=named)
        by_name |= Q(subject_kind="environment", subject_id__in=environments)
        rows = rows.filter(Q(subject_id=named) | by_name)
    return rows


def fields(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Field, ...]:
    """Field by field, those of `before` that are gone first."""
    was, is_now = before or {}, after or {}
    names = dict.fromkeys([*(name for name in was if name not in is_now), *is_now])
    return tuple(Field(name, _text(was, name), _text(is_now, name)) for name in names)


def _text(values: dict[str, Any], name: str) -> str | None:
    if name not in values:
        return None
    value = values[name]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _href(row: Activity) -> str:
    """The page of what was changed; empty where there is none."""
    if name := PAGES.get(row.subject_kind):
        return reverse(name, args=[row.subject_id])
    if name := PAGES_BY_NAME.get(row.subject_kind):
        title, _, number = row.subject_label.rpartition(" r")
        known = f"?revision={number}" if title and number.isdecimal() else ""
        return reverse(name, args=[title if known else row.subject_label]) + known
    return ""
