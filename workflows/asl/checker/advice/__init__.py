"""Warnings: what AWS lets pass and somebody comes to regret. Reads the model, so the misshapen is left to others."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl import parser
from workflows.asl.checker.advice.branching import advise_choice
from workflows.asl.checker.advice.calling import Functions, advise_call, advise_name
from workflows.asl.checker.advice.handling import advise_errors
from workflows.asl.checker.advice.ignored import advise_ignored
from workflows.asl.checker.advice.implication import Comparer
from workflows.asl.checker.advice.waiting import advise_task
from workflows.asl.checker.values import warning
from workflows.asl.model import Choice, Task
from workflows.asl.problems import Problem


def advise(raw: Mapping[str, Any], functions: Functions) -> Iterator[Problem]:
    """Every warning on a definition; `functions` are those that `${Name}` may stand for."""
    comparer = Comparer()
    for state in parser.each_state(raw):
        if not state.name:
            message = "The state has an empty name, which AWS probably refuses; name it for what it does."
            yield warning("EMPTY_NAME", state.place, message)
        yield from advise_ignored(state)
        yield from advise_errors(state)
        if isinstance(state, Task):
            yield from advise_task(state)
            yield from advise_call(state)
            yield from advise_name(state, functions)
        if isinstance(state, Choice):
            yield from advise_choice(state, comparer)
