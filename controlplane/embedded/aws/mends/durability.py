"""Difference: ministack writes down what it was told at an orderly stop only; killed, it has forgotten all since then.

AWS forgets nothing. Here what is defined is on disk before the call that defines it is answered, and executions are
kept by their ledger. What only flows through (messages, items, log lines, points of metrics) is saved along with the
next change of its service, and at an orderly stop: what is newer is lost with the process.
"""

from collections.abc import Callable
from typing import Any

from ministack import app as ministack
from ministack.core import iam_actions, persistence

from .executions import ledger

# How the names of actions begin that change what is defined; REST services are told by their method.
CHANGES = (
    "Add", "Attach", "Create", "Delete", "Detach", "Disable", "Enable", "Publish", "Put", "Remove", "Set", "Subscribe",
    "Tag", "Unsubscribe", "Untag", "Update", "POST", "PUT", "PATCH", "DELETE",
)  # fmt: skip
# What begins so, but is traffic.
TRAFFIC = frozenset({
    "CreateLogStream", "CreateMultipartUpload", "DeleteItem", "DeleteMessage", "DeleteMessageBatch", "DeleteObject",
    "DeleteObjects", "Publish", "PublishBatch", "PutEvents", "PutItem", "PutLogEvents", "PutMetricData", "PutObject",
    "PutRecord", "PutRecords", "UpdateItem",
})  # fmt: skip
BY_METHOD = {"lambda", "apigateway"}
INVOCATIONS = ("/invocations", "/invoke-async", "/response-streaming-invocations")


def apply() -> None:
    """Save after each change, restore executions after the rest."""
    if not persistence.PERSIST_STATE:
        return
    ledger.apply()
    _save_changes()
    load, save_all = ministack._load_persisted_state, ministack.save_all

    def load_with_executions() -> None:
        load()
        ledger.restore()

    def save_all_with_executions(services: dict[str, Callable[[], Any]]) -> None:
        ledger.rewrite()
        save_all({name: _patiently(get_state) for name, get_state in services.items()})

    ministack._load_persisted_state, ministack.save_all = load_with_executions, save_all_with_executions


def _save_changes() -> None:
    dispatch = ministack._dispatch_service_request

    async def dispatch_and_save(method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str) -> Any:
        answer = await dispatch(method, path, headers, body, query, request_id)
        if answer[0] < 300 and method != "GET":
            parameters = ministack._routing_params(method, path, headers, body, query)
            service = ministack.detect_service(method, path, headers, parameters)
            action = iam_actions.extract_iam_action(service, method, path, headers, body, parameters)
            if _is_change(service, method, path, action):
                _save(service)
        return answer

    ministack._dispatch_service_request = dispatch_and_save


def _is_change(service: str, method: str, path: str, action: str | None) -> bool:
    if path.endswith(INVOCATIONS):
        return False
    name = method if service in BY_METHOD else str(action).partition(":")[2]
    return name.startswith(CHANGES) and name not in TRAFFIC


def _save(service: str) -> None:
    """On disk before the answer: a version whose number a client knows is not given out again."""
    config = ministack.SERVICE_REGISTRY.get(service, {})
    known = ministack._build_persistence_save_dict()
    for name in (config.get("state_key", config.get("module")), *config.get("sub_modules", ())):
        if name in known:
            persistence.save_state(name, _patiently(known[name])())


def _patiently(get_state: Callable[[], Any]) -> Callable[[], Any]:
    """The copy fails when a thread adds something meanwhile; ministack would then save nothing at all."""

    def get() -> Any:
        for _ in range(20):
            try:
                return get_state()
            except RuntimeError:
                continue
        return get_state()

    return get
