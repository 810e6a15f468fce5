"""Gives a function a trigger, changes one or takes one away: a further revision, which a deployment brings to AWS."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workflows import triggers
from workflows.models import Function, FunctionRevision, User
from workflows.packaging import DefinitionProblem, Package
from workflows.services import definitions
from workflows.services.access import require
from workflows.services.definitions import SavedFunction
from workflows.triggers import TriggerDefinition, TriggerProblem

MAY_CHANGE = "workflows.add_functionrevision"


class NoSuchTrigger(Exception):
    """The revision that is begun with has no such trigger."""


def add(function: Function, given: Any, *, by: User | None, start: FunctionRevision | None = None) -> SavedFunction:
    """Give a function the trigger that `given` describes. Raises Forbidden, TriggerProblem.

    It begins with `start`, absent: with the newest revision.
    """
    require(by, MAY_CHANGE)
    wanted, start = triggers.read(given), start or _newest(function)
    triggers.check_accepted(wanted)
    there = triggers.read_all(start.triggers)
    if wanted.key in {one.key for one in there}:
        raise TriggerProblem("", f"{function} has the trigger {wanted.title} already.")
    return _save(start, (*there, wanted), by=by, note=f"With {wanted.title}")


def change(
    function: Function,
    trigger_id: str,
    given: Mapping[str, Any],
    *,
    by: User | None,
    start: FunctionRevision | None = None,
) -> SavedFunction:
    """Let a trigger be as `given` describes it, its type as it is. Begins as `add` does.

    Raises Forbidden, NoSuchTrigger, TriggerProblem.
    """
    require(by, MAY_CHANGE)
    start = start or _newest(function)
    was = find(start, trigger_id)
    if given.get("type") != was.type:
        raise TriggerProblem("/type", f"It stays a {was.title}: take it away and add one of another type.")
    wanted = triggers.read(given)
    triggers.check_accepted(wanted)
    _check_same_source(was, wanted)
    there = triggers.read_all(start.triggers)
    if wanted.key != was.key and wanted.key in {one.key for one in there}:
        raise TriggerProblem("", f"{function} has the trigger {wanted.title} already.")
    note = f"Changed {was.title}" if wanted.key == was.key else f"Changed {was.title} to {wanted.title}"
    return _save(start, tuple(wanted if one.key == was.key else one for one in there), by=by, note=note)


def _check_same_source(was: TriggerDefinition, wanted: TriggerDefinition) -> None:
    """Of the same name, but made here or not, or on another bus: that is another source, and goes by the same key."""
    if wanted.key != was.key:
        return
    for name, what in (("create", "Whether it is made here"), ("bus", "Its event bus")):
        if wanted.settings.get(name) != was.settings.get(name):
            advice = "take this trigger away, deploy, and add it anew"
            raise TriggerProblem(f"/{name}", f"{what} is not changed, for that would be another source: {advice}.")


def find(revision: FunctionRevision, trigger_id: str) -> TriggerDefinition:
    """The trigger of this id that a revision has. Raises NoSuchTrigger."""
    for one in triggers.read_all(revision.triggers):
        if one.id == trigger_id:
            return one
    raise NoSuchTrigger


def remove(
    function: Function, trigger_id: str, *, by: User | None, start: FunctionRevision | None = None
) -> SavedFunction:
    """Take a trigger from a function, beginning as `add` does. Raises Forbidden, NoSuchTrigger."""
    require(by, MAY_CHANGE)
    start = start or _newest(function)
    gone = find(start, trigger_id)
    kept = tuple(one for one in triggers.read_all(start.triggers) if one.id != trigger_id)
    return _save(start, kept, by=by, note=f"Without {gone.title}")


def _newest(function: Function) -> FunctionRevision:
    return function.revisions.select_related("function").order_by("-number")[0]


def _save(
    revision: FunctionRevision, wanted: tuple[TriggerDefinition, ...], *, by: User | None, note: str
) -> SavedFunction:
    if revision.function.deleted_at:
        raise TriggerProblem("", f"{revision.function} was deleted here: restore it first.")
    package = Package(bytes(revision.package), revision.package_sha256)
    try:
        definition = replace(definitions.definition_of(revision), triggers=wanted)
        return definitions.save_function(definition, package, by=by, note=note[:200])
    except DefinitionProblem as problem:
        raise TriggerProblem("", f"{problem.message}.") from problem
