"""Differences: reserved concurrency holds for $LATEST only, and what it refuses is told in other words and lost.

On AWS it is shared by all versions and aliases of a function. A call over it is refused with "Rate Exceeded."; an event
that was accepted waits for its turn for as long as it may grow old, and where none at all may run it goes to its
destination at once. ministack takes a throttled event for a failed one, and of SNS and EventBridge it keeps no events.
What runs is counted at the point that every invocation passes, so workers and versions make no difference.
"""

import contextlib
import contextvars
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import eventbridge, lambda_svc, sns

from . import invocations

MESSAGE = "Rate Exceeded."
RETRIES = 2
EVENT_AGE_S = 21_600
# Of an event that is throttled: AWS begins with a second too, and goes up to five minutes.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0

Record = dict[str, Any]


def apply() -> None:
    """Hold every version to what is reserved, and let what was accepted wait."""
    whole = lambda_svc._reserved_concurrency
    lambda_svc._reserved_concurrency = lambda func, config: whole(_function_of(config) or func, config)
    lambda_svc._throttle_response = _in_words_of_aws(lambda_svc._throttle_response)
    lambda_svc.invoke_async_with_retry = invoke_in_background
    eventbridge._dispatch_to_lambda = _of_a_rule
    sns._deliver_to_lambda = _of_a_topic


def _function_of(config: Record) -> Record | None:
    """What is reserved stands with the function; a version knows nothing of it."""
    found: Record | None = lambda_svc._functions.get(config.get("FunctionName", ""))
    return found


def _in_words_of_aws(throttle: Callable[..., Record]) -> Callable[..., Record]:
    def answer(*arguments: Any, **named: Any) -> Record:
        result = throttle(*arguments, **named)
        return result | {"body": result["body"] | {"Type": "User", "message": MESSAGE}}

    return answer


# ---- events that were accepted


@dataclass(frozen=True)
class _Policy:
    """How often a failed event is tried again, how old an event may grow, and where it goes then."""

    retries: int
    age_s: int
    target: str

    @classmethod
    def of(cls, func: Record) -> "_Policy":
        config = func.get("config") or func
        own = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
        retries, age_s = own.get("MaximumRetryAttempts"), own.get("MaximumEventAgeInSeconds")
        destination = ((own.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        target = destination or (config.get("DeadLetterConfig") or {}).get("TargetArn") or ""
        return cls(RETRIES if retries is None else int(retries), EVENT_AGE_S if age_s is None else int(age_s), target)


def invoke_in_background(func: Record, event: Any) -> None:
    """Accept an event: it runs, waits for its turn and is tried again beside the caller."""
    config = func.get("config") or func
    run = contextvars.copy_context().run
    work = (lambda_svc._run_with_function_config_scope, config, _deliver, func, event)
    threading.Thread(target=run, args=work, name="event", daemon=True).start()


def _deliver(func: Record, event: Any) -> None:
    config, policy = func.get("config") or func, _Policy.of(func)
    accepted, throttles, failures = time.monotonic(), 0, 0
    while True:
        result = lambda_svc._execute_function(func, event)
        if not result.get("error"):
            return
        if result.get("throttle"):
            if _reserved(func) == 0:
                break
            pause = min(FIRST_PAUSE_S * 2**throttles, LONGEST_PAUSE_S)
            throttles += 1
        else:
            failures += 1
            if failures > policy.retries:
                break
            pause = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2 ** (failures - 1)
        if time.monotonic() - accepted + pause > policy.age_s:
            break
        time.sleep(pause)
        if _function_of(config) is None:
            return  # an event does not outlive its function
    if policy.target:
        lambda_svc._route_async_failure(policy.target, config.get("FunctionName", ""), event, result)


def _reserved(func: Record) -> int | None:
    reserved: int | None = lambda_svc._reserved_concurrency(func, func.get("config") or func)
    return reserved


def _of_a_rule(arn: str, payload: Any) -> None:
    """EventBridge accepts an event for its target and does not wait."""
    event: Any = {"body": payload}
    with contextlib.suppress(ValueError, TypeError):
        event = json.loads(payload)
    _accept(arn, event)


def _of_a_topic(endpoint: str, envelope: str, topic_arn: str, sub_arn: str, *_: Any) -> None:
    """SNS does neither."""
    told = {"EventVersion": "1.0", "EventSubscriptionArn": sub_arn, "EventSource": "aws:sns"}
    _accept(endpoint, {"Records": [told | {"Sns": json.loads(envelope)}]})


def _accept(arn: str, event: Any) -> None:
    func, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if func and config:
        invocations.invoke_later(lambda_svc._execution_record_for_config(func, config), event)
