"""Retry and Catch: the shape of each rule, and where States.ALL may stand."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker.fields import CATCHER, RETRIER
from workflows.asl.checker.objects import check_object
from workflows.asl.checker.values import error
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import Place, Problem, below

# Names AWS itself raises; it refuses no others that begin with "States.", but nothing will ever match them.
ALL = "States.ALL"


def check_errors(state: Mapping[str, Any], path: Place, language: QueryLanguage) -> Iterator[Problem]:
    """What is wrong with a state's Retry and Catch."""
    for field, shape in (("Retry", RETRIER), ("Catch", CATCHER)):
        listed = state.get(field)
        for index, rule in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(rule, dict):
                place = below(path, field, index)
                yield from check_object(rule, place, shape, language)
                yield from _check_all(rule.get("ErrorEquals"), place, is_last=index == len(listed or ()) - 1)


def _check_all(names: Any, path: Place, *, is_last: bool) -> Iterator[Problem]:
    if isinstance(names, list) and ALL in names and (len(names) > 1 or not is_last):
        message = f"{ALL} stands alone in its rule, and that rule comes last; move it to a rule of its own at the end."
        yield error("STATES_ALL_NOT_LAST", (path, "ErrorEquals"), message)
