"""A machine and the machines inside it: their fields, their states, and names that are given twice."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker.fields import BRANCH, MACHINE, PROCESSOR, Shape
from workflows.asl.checker.integrations import MachineType
from workflows.asl.checker.objects import check_object
from workflows.asl.checker.references import check_references
from workflows.asl.checker.states import check_state
from workflows.asl.checker.values import error
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import Problem, pointer


def check_machine(raw: Mapping[str, Any], machine_type: MachineType) -> Iterator[Problem]:
    """What AWS refuses a definition for, from the outside in."""
    language: QueryLanguage = "JSONata" if raw.get("QueryLanguage") == "JSONata" else "JSONPath"
    yield from _check(raw, "", MACHINE, language, machine_type, {})


def _check(
    raw: Mapping[str, Any],
    path: str,
    shape: Shape,
    language: QueryLanguage,
    machine_type: MachineType,
    seen: dict[str, str],
) -> Iterator[Problem]:
    """`language` is that of the whole definition: AWS does not hand a Map's or Parallel's own on to what is inside.

    `seen` are the names of states so far.
    """
    yield from check_object(raw, path, shape, language)
    yield from check_references(raw, path)
    states = raw.get("States")
    if not isinstance(states, Mapping):
        return
    if not states:
        yield error("INVALID_VALUE", pointer("States", under=path), "States is empty; add at least one state.")
    for name, state in states.items():
        place = pointer("States", name, under=path)
        if name in seen:
            message = f'There is another state "{name}" at {seen[name]}; names are unique in the whole definition.'
            yield error("DUPLICATE_STATE_NAME", place, message)
        seen.setdefault(name, place)
        yield from check_state(name, state, place, language, machine_type)
        for inner, under, inner_shape in _inside(state, place):
            yield from _check(inner, under, inner_shape, language, machine_type, seen)


def _inside(state: Any, path: str) -> Iterator[tuple[Mapping[str, Any], str, Shape]]:
    if not isinstance(state, Mapping):
        return
    if state.get("Type") == "Parallel":
        branches = state.get("Branches")
        for index, branch in enumerate(branches if isinstance(branches, list) else ()):
            if isinstance(branch, Mapping):
                yield branch, pointer("Branches", index, under=path), BRANCH
    if state.get("Type") == "Map":
        for name in ("ItemProcessor", "Iterator"):
            if isinstance(processor := state.get(name), Mapping):
                yield processor, pointer(name, under=path), PROCESSOR
