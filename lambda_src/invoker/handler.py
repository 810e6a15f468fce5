"""Invokes another function by name and gives its answer."""

import json
import os
from functools import cache
from typing import Any

import boto3

TYPES = ("RequestResponse", "Event")


@cache
def _client() -> Any:
    return boto3.client("lambda")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Invoke it with `payload`, as `invocationType`: RequestResponse (its answer comes back) or Event (it does not)."""
    kind = event.get("invocationType", "RequestResponse")
    if kind not in TYPES:
        message = f"invocationType is {kind!r}, but must be one of {', '.join(TYPES)}."
        raise ValueError(message)
    answer = _client().invoke(
        FunctionName=os.environ["FUNCTION_TO_INVOKE"],
        InvocationType=kind,
        Payload=json.dumps(event.get("payload", {})).encode(),
    )
    body = answer["Payload"].read()
    return {
        "invoked": os.environ["FUNCTION_TO_INVOKE"],
        "statusCode": answer["StatusCode"],
        "functionError": answer.get("FunctionError"),
        "payload": json.loads(body) if body else None,
    }
