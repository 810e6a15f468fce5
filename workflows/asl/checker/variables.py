"""Which variables the states of a machine assign, and whether a machine around it has one of the same name.

A name that cannot be a variable's at all is told where the field is read (`expressions`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker.values import error, has_placeholder
from workflows.asl.problems import Problem, pointer

Scopes = tuple[frozenset[str], ...]


def check_variables(raw: Mapping[str, Any], path: str, around: Scopes) -> Iterator[Problem]:
    """Variables of a machine that bear the name of one in a scope `around` it: AWS keeps their names apart."""
    if not any(around):
        return
    for name, place in _assigned(raw):
        if any(name in scope for scope in around):
            message = f'"{name[:80]}" is a variable of the states around this; give the one in here another name.'
            yield error("VARIABLE_OF_OUTER_SCOPE", f"{path}{place}", message)


def names_in(raw: Mapping[str, Any]) -> frozenset[str]:
    """The variables that the states of a machine assign, not those of the machines inside it."""
    return frozenset(name for name, _ in _assigned(raw))


def _assigned(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every variable that is assigned, with its pointer below the machine."""
    states = raw.get("States")
    for state_name, state in states.items() if isinstance(states, Mapping) else ():
        if not isinstance(state, Mapping):
            continue
        place = pointer("States", state_name)
        yield from _names(state, place)
        for field in ("Choices", "Catch"):
            listed = state.get(field)
            for index, rule in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(rule, Mapping):
                    yield from _names(rule, pointer(field, index, under=place))


def _names(raw: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    assigned = raw.get("Assign")
    for name in assigned if isinstance(assigned, Mapping) else ():
        if not has_placeholder(name):
            yield name.removesuffix(".$"), pointer("Assign", name, under=path)
