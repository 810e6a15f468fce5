"""API Gateway: HTTP APIs with one stage that is always the newest, their routes, and the integrations behind those."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from workflows.aws.clients import Target, calling, client, pages
from workflows.aws.errors import Conflict, NotFound, Unknown

STAGE = "$default"
LONGEST_CALL_S = 35  # API Gateway itself gives up after 30
LONGEST_ANSWER = 10_000


@dataclass(frozen=True, slots=True)
class Api:
    """An HTTP API as it is in AWS; `endpoint` is where its routes begin."""

    id: str
    name: str
    endpoint: str
    tags: Mapping[str, str]
    cors: Mapping[str, Any]
    made_at: str

    def invoke_url(self, path: str) -> str:
        """Where a route of this path is called."""
        return f"{self.endpoint}{path}"


@dataclass(frozen=True, slots=True)
class Route:
    """A route, and the ARN of the function behind it (empty where something else is)."""

    id: str
    key: str
    integration_id: str
    function_arn: str


def list_apis(target: Target) -> list[Api]:
    """Every HTTP API of the account and region, oldest first."""
    found = [
        _api(target, row)
        for page in pages("apigateway:GetApis", _client(target).get_apis, "Items", mark="NextToken")
        for row in page
        if row["ProtocolType"] == "HTTP"
    ]
    return sorted(found, key=lambda api: (api.made_at, api.id))


def create_api(target: Target, name: str, tags: Mapping[str, str]) -> str:
    """Make an HTTP API; give its id. AWS lets many have one name."""
    with calling("apigateway:CreateApi"):
        answer = _client(target, once=True).create_api(Name=name, ProtocolType="HTTP", Tags=dict(tags))
    return str(answer["ApiId"])


def put_cors(target: Target, api_id: str, cors: Mapping[str, Any]) -> None:
    """Say, in AWS's words, which sites' pages may call the routes of an API, and how; nothing: no other's."""
    if not cors:
        with calling("apigateway:DeleteCorsConfiguration"):
            _client(target).delete_cors_configuration(ApiId=api_id)
        return
    with calling("apigateway:UpdateApi"):
        _client(target).update_api(ApiId=api_id, CorsConfiguration=dict(cors))


def delete_api(target: Target, api_id: str) -> None:
    """Do away with an API and all its routes; nothing where there is none."""
    try:
        with calling("apigateway:DeleteApi"):
            _client(target).delete_api(ApiId=api_id)
    except NotFound:
        return


def has_stage(target: Target, api_id: str) -> bool:
    """Whether the API has the stage that is always the newest."""
    try:
        with calling("apigateway:GetStage"):
            _client(target).get_stage(ApiId=api_id, StageName=STAGE)
    except NotFound:
        return False
    return True


def create_stage(target: Target, api_id: str) -> None:
    """Make that stage; nothing where it is there."""
    try:
        with calling("apigateway:CreateStage"):
            _client(target).create_stage(ApiId=api_id, StageName=STAGE, AutoDeploy=True)
    except Conflict:
        return


def list_routes(target: Target, api_id: str) -> list[Route]:
    """The routes of an API, each with the function behind it."""
    api = _client(target)
    behind = {
        row["IntegrationId"]: row.get("IntegrationUri", "")
        for page in pages("apigateway:GetIntegrations", api.get_integrations, "Items", mark="NextToken", ApiId=api_id)
        for row in page
    }
    routes = pages("apigateway:GetRoutes", api.get_routes, "Items", mark="NextToken", ApiId=api_id)
    return [_route(row, behind) for page in routes for row in page]


def create_route(target: Target, api_id: str, key: str, function_arn: str) -> None:
    """Lead `key` (method and path) to a function, which gets the whole request and answers it."""
    api = _client(target, once=True)
    with calling("apigateway:CreateIntegration"):
        made = api.create_integration(
            ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=function_arn, PayloadFormatVersion="2.0"
        )
    with calling("apigateway:CreateRoute"):
        api.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{made['IntegrationId']}")


def delete_route(target: Target, api_id: str, route: Route) -> None:
    """Take a route away, and the integration that was made for it."""
    api = _client(target)
    for operation, call, which in (
        ("apigateway:DeleteRoute", api.delete_route, {"RouteId": route.id}),
        ("apigateway:DeleteIntegration", api.delete_integration, {"IntegrationId": route.integration_id}),
    ):
        try:
            with calling(operation):
                call(ApiId=api_id, **which)
        except NotFound:
            continue


def call(method: str, url: str, body: str = "") -> tuple[int, str]:
    """What a route answers whoever calls it: status and body. Unknown: nothing that could be read."""
    given: dict[str, Any] = {"data": body.encode(), "headers": {"Content-Type": _type_of(body)}} if body else {}
    try:
        answer = requests.request(method, url, timeout=LONGEST_CALL_S, allow_redirects=False, stream=True, **given)
        with answer:
            return answer.status_code, answer.raw.read(LONGEST_ANSWER, decode_content=True).decode(errors="replace")
    except (requests.RequestException, OSError) as error:
        raise Unknown("NoAnswer", f"The route did not answer: {error}", "call") from error


def _type_of(body: str) -> str:
    try:
        json.loads(body)
    except ValueError:
        return "text/plain; charset=utf-8"
    return "application/json"


def _client(target: Target, *, once: bool = False) -> Any:
    return client(target, "apigatewayv2", "ONCE" if once else "READ")


def _api(target: Target, row: Mapping[str, Any]) -> Api:
    # The embedded AWS serves every API below its own address; AWS gives each a host of its own.
    here = f"{target.endpoint_url}/_aws/execute-api/{row['ApiId']}/{quote(STAGE)}" if target.endpoint_url else None
    return Api(
        id=row["ApiId"],
        name=row["Name"],
        endpoint=here or row["ApiEndpoint"],
        tags=row.get("Tags", {}),
        cors=row.get("CorsConfiguration", {}),
        made_at=str(row.get("CreatedDate", "")),
    )


def _route(row: Mapping[str, Any], behind: Mapping[str, str]) -> Route:
    integration_id = row.get("Target", "").removeprefix("integrations/")
    return Route(row["RouteId"], row["RouteKey"], integration_id, behind.get(integration_id, ""))
