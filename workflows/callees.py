"""PURE: the functions that the definition of a state machine calls."""

import re
from collections.abc import Mapping

from workflows.asl.checker.advice.calling import bare_function, function_called
from workflows.asl.model import Task
from workflows.asl.parser import parse
from workflows.policies import names_in

# Where a definition may call a function otherwise than by `${Name}`.
_LITERAL = re.compile(r':function:[\w-]|"FunctionName"\s*:\s*"(?!\$\{)')


def functions_named(definition: str, known: Mapping[str, str]) -> list[str]:
    """As `${Name}`, or by what a function is called in AWS, which `known` leads from; by the names they have here."""
    placed = names_in(definition)
    machine = parse(definition).machine if _LITERAL.search(definition) else None
    tasks = (state for state in machine.every_state() if isinstance(state, Task)) if machine else ()
    found = (name for state in tasks for name in (bare_function(state, known), function_called(state, known)) if name)
    return list(dict.fromkeys([*placed, *found]))
