"""What stands in a definition without any effect: fields of another mode or language, paths written as plain texts."""

import re
from collections.abc import Iterator
from typing import Any

from workflows.asl.checker.expressions import is_expression
from workflows.asl.checker.maps import DISTRIBUTED_ONLY
from workflows.asl.checker.values import warning
from workflows.asl.model import ABSENT, Map, Parallel, State
from workflows.asl.problems import Place, Problem

_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
_PAYLOADS = ("Arguments", "Output", "ItemSelector", "Assign")
_PATH = re.compile(r"\$(\$?\.[A-Za-z_\[]\S*|\$)")


def advise_ignored(state: State) -> Iterator[Problem]:
    """What a state says that nothing reads."""
    if state.query_language == "JSONPath":
        if state.result_selector is not ABSENT and not isinstance(state.result_selector, dict):
            message = (
                "ResultSelector is an object, whose names ending in .$ select; AWS probably refuses anything else."
            )
            yield warning("TEMPLATE_IS_NO_OBJECT", (state.place, "ResultSelector"), message)
        for name in _TEMPLATES:
            if name in state.fields:
                yield from _plain_texts(state.fields[name], (state.place, name))
    else:
        for name in _PAYLOADS:
            if name in state.fields:
                yield from _plain_paths(state.fields[name], (state.place, name))
    if isinstance(state, Parallel):
        yield from _branch_languages(state)
    if isinstance(state, Map) and not state.is_distributed:
        for name in DISTRIBUTED_ONLY:
            if name in state.fields:
                message = f"{name} has no effect in the mode INLINE; remove it, or set the mode DISTRIBUTED."
                yield warning("FIELD_IGNORED", (state.place, name), message)


def _plain_texts(value: Any, path: Place) -> Iterator[Problem]:
    """Texts of a payload template that look as if they were to be evaluated, and are not."""
    for name, inner, at in _members(value, path):
        if not isinstance(inner, str) or name.endswith(".$"):
            continue
        if is_expression(inner):
            message = "The query language here is JSONPath, so this JSONata stays a plain text; change one of the two."
            yield warning("EXPRESSION_IGNORED", at, message)
        elif name and _PATH.fullmatch(inner):
            message = f'"{inner[:80]}" stays a plain text; if it is a path, write its name as "{name}.$".'
            yield warning("PATH_IS_TEXT", at, message)


def _plain_paths(value: Any, path: Place) -> Iterator[Problem]:
    for name, inner, at in _members(value, path):
        if name.endswith(".$") and isinstance(inner, str) and inner.startswith(("$", "States.")):
            message = f'JSONata knows no "{name[:80]}": this stays a plain text; write {{% $states.input… %}} instead.'
            yield warning("EXPRESSION_IGNORED", at, message)


def _members(value: Any, path: Place) -> Iterator[tuple[str, Any, Place]]:
    """Every text under a value, with the name it has in its object ("" in a list) and its place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            at = (path, name)
            if isinstance(inner, str):
                yield name, inner, at
            elif isinstance(inner, dict | list):
                yield from _members(inner, at)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, str):
                yield "", inner, (path, index)
            elif isinstance(inner, dict | list):
                yield from _members(inner, (path, index))


def _branch_languages(state: Parallel) -> Iterator[Problem]:
    for branch in state.branches:
        if "QueryLanguage" in branch.fields:
            message = "A branch takes its query language from the whole machine; remove it here, set it in the states."
            yield warning("FIELD_IGNORED", (branch.place, "QueryLanguage"), message)
