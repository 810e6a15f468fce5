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
    """The function's newest revision has no such trigger."""


def add(function: Function, given: Any, *, by: User | None) -> SavedFunction:
    """Give a function the trigger that `given` describes. Raises Forbidden, TriggerProblem."""
    require(by, MAY_CHANGE)
    wanted, newest = triggers.read(given), _newest(function)
    there = triggers.read_all(newest.triggers)
    if wanted.key in {one.key for one in there}:
        raise TriggerProblem("", f"{function} has the trigger {wanted.title} already.")
    return _save(newest, (*there, wanted), by=by, note=f"With {wanted.title}")


def remove(function: Function, trigger_id: str, *, by: User | None) -> SavedFunction:
    """Take a trigger from a function. Raises Forbidden, NoSuchTrigger."""
    require(by, MAY_CHANGE)
    newest = _newest(function)
    there = triggers.read_all(newest.triggers)
    gone = next((one for one in there if one.id == trigger_id), None)
    if gone is None:
        raise NoSuchTrigger
    kept = tuple(one for one in there if one.id != trigger_id)
    return _save(newest, kept, by=by, note=f"Without {gone.title}")


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
