"""Which state leads to which inside one machine: what is not there, what is never reached, whether there is an end."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker.values import LONGEST_NAME, error
from workflows.asl.problems import UNREACHED, Place, Problem, below


def check_references(raw: Mapping[str, Any], path: Place) -> Iterator[Problem]:
    """What is wrong with StartAt and the targets of a machine's states."""
    states = raw.get("States")
    if not isinstance(states, dict) or not states:
        return
    start, around = raw.get("StartAt"), (path, "States")
    if isinstance(start, str) and start not in states:
        message = f'StartAt names "{start[:LONGEST_NAME]}", and there is no such state here; name one of the States.'
        yield error("MISSING_START_TARGET", (path, "StartAt"), message)
    targets: dict[str, list[str]] = {}
    for name, state in states.items():
        targets[name] = []
        for target, steps in _targets(state):
            targets[name].append(target)
            if target not in states:
                message = f'There is no state "{target[:LONGEST_NAME]}" in these States; name one of them, or add it.'
                yield error("MISSING_TRANSITION_TARGET", below(around, name, *steps), message)
    if isinstance(start, str) and start in states:
        yield from _unreached(start, targets, around)
    if not any(_is_terminal(state) for state in states.values()):
        message = 'No state here ends; give the last one "End": true, or add a Succeed or Fail state.'
        yield error("NO_TERMINAL_STATE", around, message)


def _targets(state: Any) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The names a state may lead to, each with the way to it from the state."""
    if not isinstance(state, dict):
        return
    if isinstance(target := state.get("Next"), str):
        yield target, ("Next",)
    if isinstance(target := state.get("Default"), str):
        yield target, ("Default",)
    for field in ("Choices", "Catch"):
        if isinstance(listed := state.get(field), list):
            for index, one in enumerate(listed):
                if isinstance(one, dict) and isinstance(target := one.get("Next"), str):
                    yield target, (field, index, "Next")


def _unreached(start: str, targets: Mapping[str, list[str]], around: Place) -> Iterator[Problem]:
    reached, waiting = {start}, [start]
    while waiting:
        for target in targets[waiting.pop()]:
            if target in targets and target not in reached:
                reached.add(target)
                waiting.append(target)
    for name in targets:
        if name not in reached:
            message = f'No way leads to "{name[:LONGEST_NAME]}"; let a state name it as its next one, or remove it.'
            yield error(UNREACHED, (around, name), message)


def _is_terminal(state: Any) -> bool:
    return isinstance(state, dict) and (state.get("End") is True or state.get("Type") in ("Succeed", "Fail"))
