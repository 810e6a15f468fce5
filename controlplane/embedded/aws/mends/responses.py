"""Difference: a handler that fails behind an address shows its error and stack trace to whoever called it.

AWS keeps them for the log: an HTTP API answers 500, a REST API and a function URL 502, with a fixed text. A body of
null is an empty one there, which ministack cannot send, and a status that is none is a failure.
"""

import contextvars
import json
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import apigateway, apigateway_v1, lambda_svc

Response = dict[str, Any]

_JSON = {"Content-Type": "application/json"}
HTTP_API: Response = {
    "statusCode": 500, "headers": _JSON, "body": json.dumps({"message": "Internal Server Error"}),
}  # fmt: skip
FUNCTION_URL: Response = {"statusCode": 502, "headers": {"Content-Type": "text/plain"}, "body": "Internal Server Error"}
REST_API = "Internal server error"

# What the address being served answers for a handler that failed.
_failure: contextvars.ContextVar[Response | None] = contextvars.ContextVar("failure", default=None)


def apply() -> None:
    """Answer failures as the kind of address does."""
    shape = lambda_svc.lambda_execute_result_to_api_proxy_response

    def shape_as_address(result: dict[str, Any]) -> Any:
        failure = _failure.get()
        if failure is not None and result.get("error") and not result.get("throttle"):
            return failure, None
        response, problem = shape(result)
        if isinstance(response, dict) and response.get("body", "") is None:
            response = {**response, "body": ""}
        if failure is not None and not _is_status((response or {}).get("statusCode", 200)):
            return failure, None
        return response, problem

    lambda_svc.lambda_execute_result_to_api_proxy_response = shape_as_address
    apigateway._invoke_lambda_proxy = _failing_with(HTTP_API, apigateway._invoke_lambda_proxy)
    lambda_svc.handle_function_url_request = _failing_with(FUNCTION_URL, lambda_svc.handle_function_url_request)
    answer = apigateway_v1._lambda_proxy_response

    def answer_without_error(result: dict[str, Any]) -> Any:
        response, problem = answer(result)
        return response, REST_API if problem else problem

    apigateway_v1._lambda_proxy_response = answer_without_error


def _is_status(value: Any) -> bool:
    """Whether it can be the status of an answer: `{"statusCode": "abc"}` is a fault of the handler."""
    return str(value).isdecimal() and 100 <= int(value) <= 599


def _failing_with(failure: Response, serve: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def serve_failing(*arguments: Any, **named: Any) -> Any:
        token = _failure.set(failure)
        try:
            return await serve(*arguments, **named)
        finally:
            _failure.reset(token)

    return serve_failing
