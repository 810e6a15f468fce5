"""Tasks that nothing ever stops, and tasks that give up at the first try."""

from collections.abc import Iterator
from typing import Any

from workflows.asl import documents
from workflows.asl.checker.integrations import waits_for_token
from workflows.asl.checker.values import warning
from workflows.asl.model import ABSENT, Task
from workflows.asl.problems import Problem

_TOKENS = ("$$.Task.Token", "$states.context.Task.Token", '"$$"', '"{% $states.context %}"', "$states.context.Task}")


def advise_task(state: Task) -> Iterator[Problem]:
    """What may go wrong with a Task because of what it does not say."""
    has_timeout = state.timeout_seconds is not None or state.timeout_seconds_path is not None
    has_heartbeat = state.heartbeat_seconds is not None or state.heartbeat_seconds_path is not None
    if waits_for_token(state.resource):
        yield from _advise_callback(state, is_bounded=has_timeout or has_heartbeat)
    elif not has_timeout:
        message = "The task has no timeout: if its answer never comes, it waits for years; add TimeoutSeconds."
        yield warning("TASK_WITHOUT_TIMEOUT", state.place, message)
    if not state.retry:
        message = "The task has no Retry: a passing fault of the service fails it at once; add one."
        yield warning("TASK_WITHOUT_RETRY", state.place, message)


def _advise_callback(state: Task, *, is_bounded: bool) -> Iterator[Problem]:
    place = (state.place, "Resource")
    if not is_bounded:
        message = "Nothing ends the wait if the token is lost; add HeartbeatSeconds or TimeoutSeconds."
        yield warning("CALLBACK_WITHOUT_TIMEOUT", place, message)
    if not _passes_token(state.parameters) and not _passes_token(state.arguments):
        token = "$states.context.Task.Token" if state.query_language == "JSONata" else "$$.Task.Token"
        message = f"The token is handed to nobody, so it never comes back; put {token} into what the task is given."
        yield warning("TASK_TOKEN_NOT_PASSED", place, message)


def _passes_token(value: Any) -> bool:
    if value is ABSENT:
        return False
    written = documents.write(value)
    return any(token in written for token in _TOKENS)
