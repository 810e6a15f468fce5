"""Which variables the states of a machine assign, and whether a machine around it has one of the same name.

A name that cannot be a variable's at all is told where the field is read (`expressions`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker.values import error, has_placeholder
from workflows.asl.problems import TOP, Place, Problem, below

Scopes = tuple[frozenset[str], ...]


def check_variables(raw: Mapping[str, Any], path: Place, around: Scopes) -> Iterator[Problem]:
    """Variables of a machine that bear the name of one in a scope `around` it: AWS keeps their names apart."""
    if not any(around):
        return
    for name, place in _assigned(raw, path):
        if any(name in scope for scope in around):
            message = f'"{name[:80]}" is a variable of the states around this; give the one in here another name.'
            yield error("VARIABLE_OF_OUTER_SCOPE", place, message)


def names_in(raw: Mapping[str, Any]) -> frozenset[str]:
    """The variables that the states of a machine assign, not those of the machines inside it."""
    return frozenset(name for name, _ in _assigned(raw, TOP))


def _assigned(raw: Mapping[str, Any], path: Place) -> Iterator[tuple[str, Place]]:
    """Every variable that is assigned, with its place."""
    states = raw.get("States")
    for state_name, state in states.items() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        if "Assign" in state:
            yield from _names(state, below(path, "States", state_name))
        for field in ("Choices", "Catch"):
            listed = state.get(field)
            for index, rule in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(rule, dict) and "Assign" in rule:
                    yield from _names(rule, below(path, "States", state_name, field, index))


def _names(raw: Mapping[str, Any], path: Place) -> Iterator[tuple[str, Place]]:
    assigned = raw.get("Assign")
    for name in assigned if isinstance(assigned, dict) else ():
        if not has_placeholder(name):
            yield name.removesuffix(".$"), below(path, "Assign", name)
