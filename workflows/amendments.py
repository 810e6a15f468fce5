"""A plan told from what is stored, amended by what is known of AWS: what was deleted or changed there since.

That is what a worker last saw, and what nobody has compared yet is not in it. Asks nobody anything.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workflows.changes import Line, Verb
from workflows.models.drift import ADDED, DELETED, NOT_SO, OWNER
from workflows.policies import ALIAS, OWNER_TAG, ROLE_PATH

LONGEST_VALUE = 60
LONGEST_FIELD = 80  # as the step of a deployment, after which a difference of a trigger is named
THINGS = ("State machine ", "Function ")  # the plan of a state machine names functions too
RIGHTS, WITH_ROLE = "Its permissions", "Went with the role that was deleted in AWS."
RESOURCE_POLICY = f"Resource policy of the alias {ALIAS}"
Known = Sequence[Mapping[str, Any]]


def amended(lines: Iterable[Line], known: Known) -> tuple[Line, ...]:
    """The lines of a plan, each with what differs in AWS from what it tells of."""
    is_gone = any(one["live"] == DELETED and one["field"].startswith(THINGS) for one in known)
    found = [_without_what_is_gone(line) if is_gone else line for line in lines]
    if any(one["live"] == DELETED and one["field"].startswith("Role ") for one in known):
        found = [replace(line, verb="create", details=(WITH_ROLE,)) if line.what == RIGHTS else line for line in found]
    thing = next((line.what for kind in THINGS for line in found if line.what.startswith(kind)), "")
    for one in known:
        what = _subject(one["field"], found) or thing
        found = [_told(line, one) if line.what == what else line for line in found]
    return tuple(found)


def _without_what_is_gone(line: Line) -> Line:
    """What goes with a function or state machine when it is deleted."""
    if line.what in ("Published version", f"Alias {ALIAS}", RESOURCE_POLICY) and line.verb in ("leave", "change"):
        return replace(line, verb="create", details=("Went with what was deleted in AWS.",))
    if line.what.startswith("Trigger ") and line.verb == "leave":
        return replace(line, verb="change", details=("What it calls was deleted in AWS: it is set up again.",))
    return line


def _subject(field: str, lines: Iterable[Line]) -> str:
    """The line that a difference is about; empty for what belongs to the function or state machine itself."""
    for line in lines:
        if any(field.startswith(begin) for begin in _begins(line.what)):
            return line.what
    return ""


def _begins(what: str) -> Iterator[str]:
    if what.startswith("Trigger "):
        yield f"{what.removeprefix('Trigger ')}: "[:LONGEST_FIELD]
    elif what.startswith(f"Role {ROLE_PATH}"):
        yield from (f"Role {what.removeprefix(f'Role {ROLE_PATH}')}", "Who may assume the role")
    elif what == RIGHTS:
        yield "Permissions of the role"
    elif what == f"Alias {ALIAS}":
        yield what


def _told(line: Line, one: Mapping[str, Any]) -> Line:
    if line.verb in ("stop", "remove"):
        return line
    if one["field"] == OWNER:
        return replace(
            line, verb="stop", details=(*line.details, f"It has lost the tag {OWNER_TAG}={one['deployed']}.")
        )
    if one["field"] in ADDED:
        return replace(line, details=(*line.details, f"{one['field']}: {one['live']}, added in AWS, stays"))
    is_gone = one["live"] == DELETED
    is_part = line.what.startswith("Trigger ")
    verb: Verb = "create" if is_gone and not is_part else "change" if line.verb == "leave" else line.verb
    return replace(line, verb=verb, details=(*line.details, _sentence(line, one, is_gone=is_gone)))


def _sentence(line: Line, one: Mapping[str, Any], *, is_gone: bool) -> str:
    field, live = one["field"], one["live"]
    if line.what.startswith("Trigger "):
        return _sentence_of_a_trigger(field.rpartition(": ")[2], live)
    if is_gone:
        return "Was deleted in AWS: will be created again"
    is_short = len(live) <= LONGEST_VALUE and "\n" not in live and not one["is_secret"]
    to = f" to {live}" if is_short and not live.startswith("sha256 ") else ""
    return f"{field}: changed in AWS{to}, will be put right"


def _sentence_of_a_trigger(name: str, live: str) -> str:
    part, _, setting = name.partition(", ")
    if live == DELETED:
        return f"Its {part} was deleted in AWS: will be set up again"
    if live == NOT_SO:
        return f"Its {part} is {live}: will be set up again"
    if not setting:
        return f"Its {part} in AWS: {live}"
    to = f" to {live}" if len(live) <= LONGEST_VALUE else ""
    return f"The {setting} of its {part}: changed in AWS{to}, will be put right"
