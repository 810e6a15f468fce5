"""PURE: what AWS would refuse of a trigger though its settings are of the right kind; asked when one is saved.

What was saved before this knew it is still read: it is told again by AWS.
"""

import re
from collections.abc import Mapping
from typing import Any

from workflows.triggers.definitions import TriggerDefinition, TriggerProblem

PATTERNS = ("pattern", "filter", "filter_policy")
VARIABLE = re.compile(r"\{[A-Za-z0-9._-]+\+?\}")
CRON_FIELDS = 6  # minutes, hours, day of month, month, day of week, year


def check_accepted(trigger: TriggerDefinition) -> None:
    """Raises TriggerProblem."""
    for name in PATTERNS:
        if name in trigger.settings:
            _check_pattern(f"/{name}", trigger.settings[name])
    if trigger.type == "http":
        _check_path(trigger.settings["path"])
    expression = str(trigger.settings.get("expression", ""))
    if expression.startswith("cron("):
        _check_cron(expression.removeprefix("cron(").removesuffix(")").split())


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


def _check_cron(fields: list[str]) -> None:
    if len(fields) != CRON_FIELDS:
        said = "minutes, hours, day of month, month, day of week, year"
        raise TriggerProblem("/expression", f"A cron expression has six fields: {said}. This has {len(fields)}.")
    if [fields[2], fields[4]].count("?") != 1:
        raise TriggerProblem(
            "/expression", "AWS wants ? as the day of month or as the day of week: exactly one of them."
        )


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
