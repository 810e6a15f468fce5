"""Difference: a handler that fails behind an address shows its error and stack trace to whoever called it.

AWS keeps them for the log: an HTTP API answers 500, a REST API and a function URL 502, with a fixed text. One that is
throttled is a 503 of an HTTP API, a 500 of a REST API, and a 429 of a function URL alone. A body of null is an empty
one there, which ministack cannot send, and a status that is none is a failure.
"""

import contextvars
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import apigateway, apigateway_v1, lambda_svc

Response = dict[str, Any]

_JSON = {"Content-Type": "application/json"}


def _json(status: int, message: str) -> Response:
    return {"statusCode": status, "headers": _JSON, "body": json.dumps({"message": message})}


@dataclass(frozen=True)
class Address:
    """What a kind of address answers for a handler that failed, and for one that was throttled; None: what AWS said."""

    failure: Response
    throttle: Response | None = None


HTTP_API = Address(_json(500, "Internal Server Error"), _json(503, "Service Unavailable"))
FUNCTION_URL = Address({
    "statusCode": 502, "headers": {"Content-Type": "text/plain"}, "body": "Internal Server Error",
})  # fmt: skip
REST_API = "Internal server error"

# The kind of address being served.
_address: contextvars.ContextVar[Address | None] = contextvars.ContextVar("address", default=None)


def apply() -> None:
    """Answer failures as the kind of address does."""
    shape = lambda_svc.lambda_execute_result_to_api_proxy_response

    def shape_as_address(result: dict[str, Any]) -> Any:
        address = _address.get()
        if address is not None and result.get("error"):
            told = address.throttle if result.get("throttle") else address.failure
            if told is not None:
                return told, None
        response, problem = shape(result)
        if isinstance(response, dict) and response.get("body", "") is None:
            response = {**response, "body": ""}
        if address is not None and not _is_status((response or {}).get("statusCode", 200)):
            return address.failure, None
        return response, problem

    lambda_svc.lambda_execute_result_to_api_proxy_response = shape_as_address
    apigateway._invoke_lambda_proxy = _served_as(HTTP_API, apigateway._invoke_lambda_proxy)
    lambda_svc.handle_function_url_request = _served_as(FUNCTION_URL, lambda_svc.handle_function_url_request)
    answer = apigateway_v1._lambda_proxy_response

    def answer_without_error(result: dict[str, Any]) -> Any:
        if result.get("throttle"):
            return _json(500, REST_API), None
        response, problem = answer(result)
        return response, REST_API if problem else problem

    apigateway_v1._lambda_proxy_response = answer_without_error


def _is_status(value: Any) -> bool:
    """Whether it can be the status of an answer: `{"statusCode": "abc"}` is a fault of the handler."""
    return str(value).isdecimal() and 100 <= int(value) <= 599


def _served_as(address: Address, serve: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def serve_as(*arguments: Any, **named: Any) -> Any:
        token = _address.set(address)
        try:
            return await serve(*arguments, **named)
        finally:
            _address.reset(token)

    return serve_as
