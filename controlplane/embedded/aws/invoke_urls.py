"""Which paths are invoke URLs (API Gateway, function URLs), and what their owners declared in ministack.

Reads ministack's records, changes none. A path that only looks like an invoke URL is not one: ministack would hand
it to its AWS APIs, so it stays with the control plane.
"""

import re
from typing import Any

from ministack import app as ministack
from ministack.core.responses import request_scope

from .guard import Route

# As ministack's own _parse_execute_api_url and _parse_lambda_url read them, but with every part required.
_API = re.compile(r"/_aws/execute-api/(?P<api>[A-Za-z0-9]+)/(?P<stage>[^/]+)(?P<path>/.*)?", re.DOTALL)
_FUNCTION = re.compile(r"/_aws/lambda-url/(?P<url>[A-Za-z0-9-]+)(/.*)?", re.DOTALL)


class InvokeUrls:
    """The `Routes` of the guard, read from ministack."""

    def find(self, method: str, path: str) -> Route | None:
        """See `guard.Routes`. WebSocket connection management is no invoke URL."""
        if found := _FUNCTION.fullmatch(path):
            return _function_route(found["url"])
        found = _API.fullmatch(path)
        if found is None or (found["path"] or "").startswith("/@connections/"):
            return None
        return _api_route(found["api"], found["stage"], method, found["path"] or "/")


def _function_route(url_id: str) -> Route:
    resolved = ministack._get_module("lambda_svc").resolve_function_url(url_id)
    if resolved is None:
        return Route()
    config = resolved[-1]
    origins = (config.get("Cors") or {}).get("AllowOrigins") or ()
    return Route(tuple(origins), requires_signature=config.get("AuthType", "AWS_IAM") == "AWS_IAM")


def _api_route(api_id: str, stage: str, method: str, path: str) -> Route:
    stage, path = ministack._resolve_stage_and_path(api_id, stage, path)
    authorization = ministack._execute_api_authorization_type(api_id, stage, method, path)
    rest, http = ministack._get_module("apigateway_v1"), ministack._get_module("apigateway")
    if rest.find_api_scope(api_id) is not None:
        origins = _rest_origins(rest, api_id, path)
    else:
        origins = _http_origins(http, api_id)
    return Route(origins, requires_signature=authorization == "AWS_IAM")


def _http_origins(http: Any, api_id: str) -> tuple[str, ...]:
    scope = http.find_api_scope(api_id)
    if scope is None:
        return ()
    with request_scope(*scope):
        cors = (http._apis.get(api_id) or {}).get("corsConfiguration") or {}
    return tuple(cors.get("allowOrigins") or ())


def _rest_origins(rest: Any, api_id: str, path: str) -> tuple[str, ...]:
    """A REST API declares CORS by an OPTIONS method; for which origins, only its integration knows."""
    with request_scope(*rest.find_api_scope(api_id)):
        resource, _ = rest._match_resource_tree(api_id, [part for part in path.strip("/").split("/") if part])
    return ("*",) if "OPTIONS" in (resource or {}).get("resourceMethods", {}) else ()
