"""Takes functions and workflows out of a file, in two steps: what it would do is looked at before it is done.

Only writes rows: nothing is deployed.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from workflows import exchange, takings
from workflows.changes import Line
from workflows.exchange import Bundle, NotTaken
from workflows.models import TemplateImport, User
from workflows.packaging import NAME, DefinitionProblem
from workflows.services import activity, definitions
from workflows.services.access import require

MAY_PROPOSE = "workflows.add_functionrevision"
MAY_ADD = {"functions": MAY_PROPOSE, "workflows": "workflows.add_workflowrevision"}


class WrongName(NotTaken):
    """What it carries cannot be called that; `place` leads to the name in what was given."""

    def __init__(self, why: str, *place: str) -> None:
        super().__init__(why)
        self.place = place


class Otherwise(NotTaken):
    """What it would do is not any more what was seen."""


def propose(
    content: bytes, *, by: User | None, file_name: str = "", names: Mapping[str, Any] | None = None, note: str = ""
) -> TemplateImport:
    """Keep what a file carries, to be looked at. Raises Forbidden, NotTaken."""
    require(by, MAY_PROPOSE)
    bundle = exchange.read(content)
    carried: dict[str, Any] = {"document": exchange.as_document(bundle)}
    with transaction.atomic():
        row = TemplateImport.objects.create(
            **carried,
            file_name=file_name[:200],
            names=_names(bundle, names or {}),
            left_out=list(bundle.left_out),
            note=note[:200],
            created_by=by,
        )
        activity.record("template.propose", row, by=by, after={"names": row.names, "left_out": row.left_out})
    return row


def rename(row: TemplateImport, names: Mapping[str, Any], *, by: User | None) -> None:
    """Have what it carries called otherwise here. Raises Forbidden, NotTaken."""
    require(by, MAY_PROPOSE)
    bundle = _carried(row)
    before = {"names": row.names}
    with transaction.atomic():
        TemplateImport.objects.filter(pk=row.pk, taken_at=None).update(names=_names(bundle, names))
        row.refresh_from_db()
        activity.record("template.rename", row, by=by, before=before, after={"names": row.names})


def plan(row: TemplateImport) -> tuple[Line, ...]:
    """What taking it would create and change; nothing once it was taken."""
    return takings.plan(bundle_of(row))


def bundle_of(row: TemplateImport) -> Bundle:
    """What it carries, under the names it is to have here; nothing once it was taken."""
    return exchange.of_document(row.document).renamed(row.names) if row.document else Bundle()


def fingerprint(lines: tuple[Line, ...]) -> str:
    """The same for the same plan."""
    return hashlib.sha256(repr([(one.verb, one.what, one.details) for one in lines]).encode()).hexdigest()[:32]


def take(row: TemplateImport, *, by: User | None, seen: str | None = None) -> TemplateImport:
    """Save all that it carries, or nothing of it. `seen` is the fingerprint of the plan that was looked at.

    Raises Forbidden, NotTaken, Otherwise.
    """
    with transaction.atomic():
        row = TemplateImport.objects.select_for_update().get(pk=row.pk)
        if row.taken_at is not None:
            return row
        _carried(row)
        _take(row, by=by, seen=seen)
    return row


def _take(row: TemplateImport, *, by: User | None, seen: str | None) -> None:
    bundle, lines = bundle_of(row), plan(row)
    for kind, permission in MAY_ADD.items():
        if getattr(bundle, kind):
            require(by, permission)
    if stopped := [one for one in lines if one.verb == "stop"]:
        raise NotTaken(*(f"{one.what}: {' '.join(one.details)}" for one in stopped))
    if seen is not None and seen != fingerprint(lines):
        raise Otherwise("Something was saved here since you looked. Nothing was taken: look at what it would do now.")
    note = row.note or f"From {row}"
    try:
        saved: list[definitions.Saved] = [
            *(definitions.save_function(*takings.completed(one), by=by, note=note[:200]) for one in bundle.functions),
            *(definitions.save_workflow(one, by=by, note=note[:200]) for one in bundle.workflows),
        ]
    except (DefinitionProblem, definitions.NotSaved) as problem:
        raise NotTaken(f"{problem}.") from problem
    row.taken, row.taken_at, row.document = [_told(one) for one in saved], timezone.now(), {}
    row.save(update_fields=["taken", "taken_at", "document"])
    activity.record("template.take", row, by=by, after={"taken": row.taken})


def _told(saved: definitions.Saved) -> dict[str, Any]:
    is_function = isinstance(saved, definitions.SavedFunction)
    name = (
        saved.revision.function.name if isinstance(saved, definitions.SavedFunction) else saved.revision.workflow.name
    )
    kind = "function" if is_function else "workflow"
    return {"kind": kind, "name": name, "revision": saved.revision.number, "is_new": saved.is_new}


def _carried(row: TemplateImport) -> Bundle:
    if not row.document:
        raise NotTaken("It is not kept any more: files that were not taken are kept for a day. Send it again.")
    return exchange.of_document(row.document)


def _names(bundle: Bundle, names: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Other names, of what is in it. Raises WrongName."""
    known = {
        "functions": [one.definition.name for one in bundle.functions],
        "workflows": [one.name for one in bundle.workflows],
    }
    found: dict[str, dict[str, str]] = {}
    for kind, given in names.items():
        if kind not in known or not isinstance(given, Mapping):
            raise WrongName("Names are given as `functions` and `workflows`: old name to new name.", kind)
        if unknown := sorted(set(given) - set(known[kind])):
            raise WrongName(f"There is no {kind[:-1]} {unknown[0]} in it.", kind, unknown[0])
        for old, new in given.items():
            if not (isinstance(new, str) and NAME.fullmatch(new)):
                raise WrongName("A name has letters, digits, - and _; at most 40.", kind, old)
        found[kind] = {old: new for old, new in given.items() if old != new}
    for kind, names_of in known.items():
        new = {name: found.get(kind, {}).get(name, name) for name in names_of}
        taken = list(new.values())
        if doubled := [old for old, name in new.items() if taken.count(name) > 1]:
            named = next((old for old in doubled if new[old] != old), doubled[0])
            raise WrongName(f"There would be two of the {kind[:-1]} {new[named]}.", kind, named)
    return found
