"""Retry and Catch rules that can never apply: earlier ones take every error they name, or the state never raises it.

Says nothing of rules that name States.Runtime: AWS's guide is certain of States.ALL only, which does not take it.
"""

from collections.abc import Iterator, Sequence

from workflows.asl.checker.integrations import takes_reports
from workflows.asl.checker.values import is_number, warning
from workflows.asl.model import Catcher, Retrier, State, Task
from workflows.asl.problems import Problem

ALL, TASK_FAILED = "States.ALL", "States.TaskFailed"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"  # raised by Choice states alone

# States.ALL does not take these two, and States.TaskFailed takes all but these: AWS's own exceptions.
_NOT_IN_ALL = frozenset(["States.DataLimitExceeded", "States.Runtime"])
_NOT_IN_TASK_FAILED = _NOT_IN_ALL | {ALL, "States.Timeout"}


def advise_errors(state: State) -> Iterator[Problem]:
    """Rules of a state that can never apply."""
    yield from _shadowed(state.retry, "Retry", "RETRY_NEVER_APPLIES")
    yield from _shadowed(state.catch, "Catch", "CATCH_NEVER_FIRES")
    yield from _delayed(state.retry)
    if isinstance(state, Task) and not takes_reports(state.resource):
        yield from _unraised(state.retry, "Retry", "RETRY_NEVER_APPLIES")
        yield from _unraised(state.catch, "Catch", "CATCH_NEVER_FIRES")


def _delayed(rules: Sequence[Retrier]) -> Iterator[Problem]:
    for rule in rules:
        longest, first = rule.max_delay_seconds, rule.interval_seconds
        if is_number(longest) and is_number(first) and longest < first:
            message = (
                f"MaxDelaySeconds ({longest}) is less than IntervalSeconds ({first}), so that no retry can come as it"
                " says; raise it."
            )
            yield warning("DELAY_BELOW_INTERVAL", (rule.place, "MaxDelaySeconds"), message)


def _unraised(rules: Sequence[Retrier | Catcher], field: str, code: str) -> Iterator[Problem]:
    for rule in rules:
        if set(rule.errors) == {NO_CHOICE_MATCHED}:
            message = f"Only a Choice fails with {NO_CHOICE_MATCHED}: this {field} of a Task never applies; remove it."
            yield warning(code, rule.place, message)


def _shadowed(rules: Sequence[Retrier | Catcher], field: str, code: str) -> Iterator[Problem]:
    taken: dict[str, int] = {}
    for index, rule in enumerate(rules):
        takers = [_taker(name, taken) for name in rule.errors]
        earlier = [taker for taker in takers if taker is not None]
        if takers and len(earlier) == len(takers):
            named = ", ".join(rule.errors)
            first = f"{field} {earlier[0] + 1} ({field}/{earlier[0]})"
            message = f"{first} above takes {named} already: this rule never applies; remove or move it."
            yield warning(code, rule.place, message)
        for name in rule.errors:
            taken.setdefault(name, index)


def _taker(name: str, taken: dict[str, int]) -> int | None:
    """The number of the rule that takes an error, if an earlier one does."""
    if name in taken:
        return taken[name]
    if ALL in taken and name not in _NOT_IN_ALL:
        return taken[ALL]
    return taken.get(TASK_FAILED) if name not in _NOT_IN_TASK_FAILED and not name.startswith("States.") else None
