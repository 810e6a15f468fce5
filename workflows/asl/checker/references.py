"""Which state leads to which inside one machine: what is not there, what is never reached, whether there is an end."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker.values import error
from workflows.asl.problems import Problem, pointer


def check_references(raw: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """What is wrong with StartAt and the targets of a machine's states."""
    states = raw.get("States")
    if not isinstance(states, Mapping) or not states:
        return
    start, targets = raw.get("StartAt"), {name: list(_targets(state)) for name, state in states.items()}
    if isinstance(start, str) and start not in states:
        message = f'StartAt names "{start}", and there is no such state here; name one of the States beside it.'
        yield error("MISSING_START_TARGET", pointer("StartAt", under=path), message)
    for name, found in targets.items():
        for target, place in found:
            if target not in states:
                message = f'There is no state "{target}" in the same States; name one of them, or add it.'
                yield error("MISSING_TRANSITION_TARGET", f"{pointer('States', name, under=path)}{place}", message)
    if isinstance(start, str) and start in states:
        yield from _unreached(start, targets, path)
    if not any(_is_terminal(state) for state in states.values()):
        message = 'No state here ends; give the last one "End": true, or add a Succeed or Fail state.'
        yield error("NO_TERMINAL_STATE", pointer("States", under=path), message)


def _targets(state: Any) -> Iterator[tuple[str, str]]:
    """The names a state may lead to, each with its pointer below the state."""
    if not isinstance(state, Mapping):
        return
    for name in ("Next", "Default"):
        if isinstance(target := state.get(name), str):
            yield target, f"/{name}"
    for field in ("Choices", "Catch"):
        listed = state.get(field)
        for index, one in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(one, Mapping) and isinstance(target := one.get("Next"), str):
                yield target, f"/{field}/{index}/Next"


def _unreached(start: str, targets: Mapping[str, list[tuple[str, str]]], path: str) -> Iterator[Problem]:
    reached, waiting = {start}, [start]
    while waiting:
        for target, _ in targets[waiting.pop()]:
            if target in targets and target not in reached:
                reached.add(target)
                waiting.append(target)
    for name in targets:
        if name not in reached:
            message = f'No way leads to "{name}"; let a state name it as its next one, or remove it.'
            yield error("UNREACHABLE_STATE", pointer("States", name, under=path), message)


def _is_terminal(state: Any) -> bool:
    return isinstance(state, Mapping) and (state.get("End") is True or state.get("Type") in ("Succeed", "Fail"))
