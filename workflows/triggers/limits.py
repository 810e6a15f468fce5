"""PURE: what AWS would refuse of a trigger though its settings are of the right kind; asked when one is saved.

What was saved before this knew it is still read: it is told again by AWS.
"""

import re
from collections.abc import Mapping
from typing import Any

from workflows.triggers import cron
from workflows.triggers.definitions import TriggerDefinition, TriggerProblem

PATTERNS = ("pattern", "filter", "filter_policy")
VARIABLE = re.compile(r"\{[A-Za-z0-9._-]+\+?\}")
MOST_IN_ORDER = 10  # messages of a FIFO queue


def check_accepted(trigger: TriggerDefinition) -> None:
    """Raises TriggerProblem."""
    for name in PATTERNS:
        if name in trigger.settings:
            _check_pattern(f"/{name}", trigger.settings[name])
    if trigger.type == "http":
        _check_path(trigger.settings["path"])
    expression = str(trigger.settings.get("expression", ""))
    if expression.startswith("cron(") and (problem := cron.problem_of(expression)):
        raise TriggerProblem("/expression", problem)
    if trigger.type == "sqs" and trigger.settings["queue"].endswith(".fifo"):
        _check_fifo(trigger.settings)


def _check_path(path: str) -> None:
    """API Gateway's rule: a variable is a whole part of the path, each is there once, and a greedy one is the last."""
    parts = path.split("/")[1:]
    variables = [part for part in parts if "{" in part or "}" in part]
    if odd := next((part for part in variables if not VARIABLE.fullmatch(part)), ""):
        raise TriggerProblem(
            "/path", f"“{odd}” is no part of a path: a variable is a whole part in braces, such as {{id}}."
        )
    names = [part.strip("{+}") for part in variables]
    if doubled := next((name for name in names if names.count(name) > 1), ""):
        raise TriggerProblem("/path", f"There are two variables {{{doubled}}}: give one another name.")
    if any(part.endswith("+}") for part in parts[:-1]):
        raise TriggerProblem("/path", "A variable that stands for all that follows, such as {rest+}, is the last part.")


def _check_fifo(settings: Mapping[str, Any]) -> None:
    """Lambda's rule for queues whose order counts."""
    if settings["batch_size"] > MOST_IN_ORDER:
        raise TriggerProblem("/batch_size", f"Of a FIFO queue AWS hands on at most {MOST_IN_ORDER} messages at a time.")
    if settings["batch_window"]:
        raise TriggerProblem("/batch_window", "Of a FIFO queue AWS gathers no messages: leave this at 0.")


def _check_pattern(path: str, given: Any) -> None:
    """Fields lead to lists of what fits, at whatever depth."""
    if not isinstance(given, Mapping):
        raise TriggerProblem(path, 'AWS takes a list of values here, such as ["a"], or further fields.')
    for name, value in given.items():
        if name == "$or" and isinstance(value, list):
            for number, one in enumerate(value):
                _check_pattern(f"{path}/$or/{number}", one)
        elif not isinstance(value, list) or not value:
            _check_pattern(f"{path}/{name}", value)
