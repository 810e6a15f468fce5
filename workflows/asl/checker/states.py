"""One state: its type, its fields, how it is left, and what its type asks for besides."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker.errors import check_errors
from workflows.asl.checker.fields import STATES
from workflows.asl.checker.integrations import MachineType, check_task
from workflows.asl.checker.maps import check_map
from workflows.asl.checker.objects import check_object
from workflows.asl.checker.rules import check_rules
from workflows.asl.checker.values import error
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import Place, Problem

LONGEST_NAME = 80  # characters, AWS's own limit

_LEAVES_ITSELF = frozenset(["Pass", "Task", "Wait", "Parallel", "Map"])
_WAITS_BY = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")


def check_state(
    name: str, raw: Any, path: Place, language: QueryLanguage, machine_type: MachineType
) -> Iterator[Problem]:
    """What is wrong with one state; `language` is that of the whole machine."""
    if len(name) > LONGEST_NAME:
        message = f"The name has {len(name)} characters; shorten it to {LONGEST_NAME} at most."
        yield error("NAME_TOO_LONG", path, message)
    if not isinstance(raw, dict):
        yield error("INVALID_TYPE", path, "A state is an object with a Type; put it in braces.")
        return
    if language == "JSONata" and raw.get("QueryLanguage") == "JSONPath":
        message = "A state cannot go back to JSONPath when the whole machine is JSONata; remove QueryLanguage here."
        yield error("WRONG_QUERY_LANGUAGE", (path, "QueryLanguage"), message)
    kind = raw.get("Type")
    if not isinstance(kind, str) or kind not in STATES:
        code, place = ("INVALID_VALUE", (path, "Type")) if "Type" in raw else ("MISSING_FIELD", path)
        yield error(code, place, f"Type is one of {', '.join(STATES)}; give the state one of these.")
        return
    own = language_of(raw, language)
    yield from check_object(raw, path, STATES[kind], own)
    if kind in _LEAVES_ITSELF:
        yield from _check_leaving(raw, path)
    match kind:
        case "Task":
            yield from check_task(raw, path, machine_type, own)
        case "Choice":
            yield from check_rules(raw, path, own)
        case "Map":
            yield from check_map(raw, path, machine_type, own)
        case "Wait" if not any(field in raw for field in _WAITS_BY):
            yield error("MISSING_FIELD", path, f"A Wait needs one of {', '.join(_WAITS_BY)}; add one.")
    if kind in ("Task", "Map", "Parallel"):
        yield from check_errors(raw, path, own)


def language_of(state: Mapping[str, Any], machine: QueryLanguage) -> QueryLanguage:
    """The query language a state is written in."""
    return "JSONata" if state.get("QueryLanguage", machine) == "JSONata" else "JSONPath"


def _check_leaving(raw: Mapping[str, Any], path: Place) -> Iterator[Problem]:
    ends = raw.get("End") is True
    if "Next" in raw and ends:
        message = "Next and End exclude each other; keep Next to go on, or End to stop here."
        yield error("EXCLUSIVE_FIELDS", (path, "Next"), message)
    elif "Next" not in raw and not ends:
        yield error("MISSING_FIELD", path, 'The state leads nowhere; name the Next one, or give it "End": true.')
