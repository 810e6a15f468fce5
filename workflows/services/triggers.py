"""Gives a function a trigger, or takes one away: each is a further revision, and a deployment brings it to AWS."""

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


def remove(
    function: Function, trigger_id: str, *, by: User | None, start: FunctionRevision | None = None
) -> SavedFunction:
    """Take a trigger from a function, beginning as `add` does. Raises Forbidden, NoSuchTrigger."""
    require(by, MAY_CHANGE)
    start = start or _newest(function)
    there = triggers.read_all(start.triggers)
    gone = next((one for one in there if one.id == trigger_id), None)
    if gone is None:
        raise NoSuchTrigger
    kept = tuple(one for one in there if one.id != trigger_id)
    return _save(start, kept, by=by, note=f"Without {gone.title}")


def _newest(function: Function) -> FunctionRevision:
    return function.revisions.select_related("function").order_by("-number")[0]


def _save(
    revision: FunctionRevision, wanted: tuple[TriggerDefinition, ...], *, by: User | None, note: str
) -> SavedFunction:
    definition = replace(definitions.definition_of(revision), triggers=wanted)
    package = Package(bytes(revision.package), revision.package_sha256)
    try:
        return definitions.save_function(definition, package, by=by, note=note[:200])
    except DefinitionProblem as problem:
        raise TriggerProblem("", f"{problem.message}.") from problem
