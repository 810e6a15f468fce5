"""Attacks on the embedded AWS, each as a page, a neighbour or a thief would send it."""

import base64
import hashlib
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.fixtures_aws import EmbeddedAws

from .conftest import package

LIST = json.dumps({}).encode()
LIST_HEADERS = {"X-Amz-Target": "AWSStepFunctions.ListStateMachines", "Content-Type": "application/x-amz-json-1.0"}

ROLE = "arn:aws:iam::123456789012:role/guard"
HANDLER = """
import os
def answer(event, context):
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}, "body": "ran"}
def environment(event, context):
    return dict(os.environ)
"""


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        return self.headers.get("x-amzn-errortype")

    @property
    def cors(self) -> list[str]:
        return [name for name in self.headers if name.startswith("access-control-")]


def send(aws: EmbeddedAws, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
    """One raw request; keyword names are header names with underscores."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=10)
    connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    fields = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, fields, response.read())


def sign(
    aws: EmbeddedAws, body: bytes = LIST, *, secret: str = "", key_id: str = "", host: str = "", **headers: str
) -> dict[str, str]:
    """The headers of a correctly signed ListStateMachines, for `body`."""
    url = f"http://{host or f'127.0.0.1:{aws.port}'}/"
    fields = LIST_HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("POST", url, headers=fields, data=body)
    credentials = Credentials(key_id or aws.access_key_id, secret or aws.secret_access_key)
    SigV4Auth(credentials, "states", aws.region).add_auth(request)
    return dict(request.headers.items())


def post(aws: EmbeddedAws, body: bytes, headers: dict[str, str]) -> Answer:
    return send(aws, "POST", "/", body, **{name.replace("-", "_"): value for name, value in headers.items()})


# ---- control plane


def test_a_signed_call_gets_in(embedded_aws: EmbeddedAws) -> None:
    assert post(embedded_aws, LIST, sign(embedded_aws)).status == 200


def test_an_unsigned_post_is_refused(embedded_aws: EmbeddedAws) -> None:
    response = post(embedded_aws, LIST, LIST_HEADERS)
    assert (response.status, response.code) == (403, "MissingAuthenticationToken")


def test_a_wrong_secret_is_refused_in_words_boto_understands(embedded_aws: EmbeddedAws) -> None:
    client = embedded_aws.client("stepfunctions", aws_secret_access_key="0" * 40)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client.list_state_machines()


def test_an_unknown_key_is_refused(embedded_aws: EmbeddedAws) -> None:
    assert post(embedded_aws, LIST, sign(embedded_aws, key_id="210987654321")).status == 403


def test_a_signature_does_not_serve_another_body(embedded_aws: EmbeddedAws) -> None:
    assert post(embedded_aws, b'{"maxResults": 1}', sign(embedded_aws)).status == 403


def test_a_stated_body_hash_is_not_believed(embedded_aws: EmbeddedAws) -> None:
    headers = sign(embedded_aws, X_Amz_Content_SHA256=hashlib.sha256(LIST).hexdigest())
    assert post(embedded_aws, LIST, headers).status == 200
    assert post(embedded_aws, b'{"maxResults": 1}', headers).status == 403


@pytest.mark.parametrize("stated", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_an_unsigned_payload_is_refused(embedded_aws: EmbeddedAws, stated: str) -> None:
    assert post(embedded_aws, LIST, sign(embedded_aws, X_Amz_Content_SHA256=stated)).status == 403


def test_a_signature_does_not_serve_another_action(embedded_aws: EmbeddedAws) -> None:
    headers = sign(embedded_aws) | {"X-Amz-Target": "AWSStepFunctions.DeleteStateMachine"}
    assert post(embedded_aws, LIST, headers).status == 403


def test_a_steering_header_added_after_signing_is_refused(embedded_aws: EmbeddedAws) -> None:
    assert post(embedded_aws, LIST, sign(embedded_aws) | {"X-Amz-Invocation-Type": "Event"}).status == 403


def test_a_signature_does_not_serve_another_path(embedded_aws: EmbeddedAws) -> None:
    headers = {name.replace("-", "_"): value for name, value in sign(embedded_aws).items()}
    assert send(embedded_aws, "POST", "/2015-03-31/functions", LIST, **headers).status == 403


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_signature_of_another_time_is_refused(
    embedded_aws: EmbeddedAws, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then.replace(tzinfo=None))
    response = post(embedded_aws, LIST, sign(embedded_aws))
    assert (response.status, response.code) == (403, "RequestTimeTooSkewed")


def test_a_presigned_address_is_refused(embedded_aws: EmbeddedAws) -> None:
    request = AWSRequest("GET", f"{embedded_aws.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15")
    credentials = Credentials(embedded_aws.access_key_id, embedded_aws.secret_access_key)
    SigV4QueryAuth(credentials, "sts", embedded_aws.region).add_auth(request)
    assert send(embedded_aws, "GET", str(request.url).removeprefix(embedded_aws.endpoint_url)).status == 403


@pytest.mark.parametrize("host", ["rebound.example:{port}", "169.254.169.254", "127.0.0.1:1", "localhost.example"])
def test_a_rebound_name_is_refused_even_when_signed(embedded_aws: EmbeddedAws, host: str) -> None:
    name = host.format(port=embedded_aws.port)
    assert post(embedded_aws, LIST, sign(embedded_aws, host=name) | {"Host": name}).status == 403


def test_localhost_is_a_loopback_name(embedded_aws: EmbeddedAws) -> None:
    name = f"localhost:{embedded_aws.port}"
    assert post(embedded_aws, LIST, sign(embedded_aws, host=name) | {"Host": name}).status == 200


@pytest.mark.parametrize(
    "header", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-origin"}]
)
def test_a_browser_is_refused_even_when_signed(embedded_aws: EmbeddedAws, header: dict[str, str]) -> None:
    assert post(embedded_aws, LIST, sign(embedded_aws) | header).status == 403


def test_a_preflight_gets_no_permission(embedded_aws: EmbeddedAws) -> None:
    response = send(embedded_aws, "OPTIONS", "/", Origin="https://evil.example", Access_Control_Request_Method="POST")
    assert response.status == 403
    assert response.cors == []


FROM_A_PAGE = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site", "Content_Type": "text/plain"}


def test_a_page_cannot_create_a_function(embedded_aws: EmbeddedAws) -> None:
    """A POST of plain text needs no preflight: the browser sends it, and keeps only the answer from the page."""
    code = base64.b64encode(package(HANDLER)).decode()
    body = {"FunctionName": "planted", "Runtime": "python3.12", "Role": ROLE, "Handler": "app.answer"}
    sent = json.dumps(body | {"Code": {"ZipFile": code}}).encode()
    answer = send(embedded_aws, "POST", "/2015-03-31/functions", sent, **FROM_A_PAGE)
    assert (answer.status, answer.cors) == (403, [])
    names = [one["FunctionName"] for one in embedded_aws.client("lambda").list_functions()["Functions"]]
    assert "planted" not in names


def test_a_page_cannot_invoke_a_function(embedded_aws: EmbeddedAws, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    embedded_aws.client("lambda").create_function(
        FunctionName="wanted", Runtime="python3.12", Role=ROLE, Handler="app.answer",
        Code={"ZipFile": package(f"def answer(event, context):\n    open({str(mark)!r}, 'w')")},
    )  # fmt: skip
    target = "/2015-03-31/functions/wanted/invocations"
    answer = send(embedded_aws, "POST", target, b"{}", **FROM_A_PAGE)
    assert (answer.status, answer.cors) == (403, [])
    assert send(embedded_aws, "POST", target, b"{}").status == 403
    assert not mark.exists()


def test_a_webhook_aimed_at_it_does_nothing(embedded_aws: EmbeddedAws) -> None:
    """Whoever may choose where Signalbox sends webhooks chooses the address and parts of the body, no signature."""
    body = json.dumps(
        {"type": "transaction.succeeded", "name": "planted", "definition": "{}", "roleArn": ROLE}
    ).encode()
    headers = {"Content_Type": "application/json", "Webhook_Id": "msg_1", "Webhook_Signature": "v1,c2lnbmF0dXJl"}
    for target in ("/", "/?Action=CreateQueue&QueueName=planted", "/2015-03-31/functions", "/planted-bucket"):
        assert send(embedded_aws, "POST", target, body, **headers).status == 403
    assert "planted" not in str(embedded_aws.client("sqs").list_queues().get("QueueUrls"))


def test_it_listens_on_the_loopback_interface_only(embedded_aws: EmbeddedAws) -> None:
    sockets = {
        link.readlink().name for link in Path(f"/proc/{embedded_aws.process.pid}/fd").iterdir() if is_socket(link)
    }
    table = Path(f"/proc/{embedded_aws.process.pid}/net")
    rows = [row.split() for name in ("tcp", "tcp6") for row in (table / name).read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]
    assert [address.partition(":")[0] for address in listening] == ["0100007F"]  # 127.0.0.1, as the kernel writes it


def is_socket(link: Path) -> bool:
    try:
        return str(link.readlink()).startswith("socket:")
    except FileNotFoundError:  # a connection that was just closed
        return False


def test_no_cors_header_leaves_the_control_plane(embedded_aws: EmbeddedAws) -> None:
    response = post(embedded_aws, LIST, sign(embedded_aws))
    assert response.cors == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("target", ["/_ministack/reset", "/_ministack/config", "/_localstack/health"])
def test_ministacks_own_endpoints_are_closed_even_when_signed(
    embedded_aws: EmbeddedAws, method: str, target: str
) -> None:
    assert send(embedded_aws, method, target).status == 404
    assert send_signed(embedded_aws, method, target) == 404


def test_the_code_of_a_function_is_for_whoever_signs_and_for_nobody_else(embedded_aws: EmbeddedAws) -> None:
    target = f"/_ministack/lambda-code/{embedded_aws.access_key_id}/{embedded_aws.region}/none-of-this-name"
    assert send(embedded_aws, "GET", target).status == 403
    assert send(embedded_aws, "GET", f"{target}?X-Amz-Signature=ministack-local-presigned").status == 403
    assert send_signed(embedded_aws, "POST", target) == 404
    assert send_signed(embedded_aws, "GET", target) == 404  # ministack's own: it has no such function
    assert send(embedded_aws, "GET", target, Origin="https://evil.example").status == 403


def send_signed(aws: EmbeddedAws, method: str, target: str) -> int:
    """The status of the answer to a request signed as any client of AWS does."""
    request = AWSRequest(method, f"{aws.endpoint_url}{target}", data=b"")
    credentials = Credentials(aws.access_key_id, aws.secret_access_key)
    SigV4Auth(credentials, "states", aws.region).add_auth(request)
    headers = {name.replace("-", "_"): value for name, value in request.headers.items()}
    return send(aws, method, target, b"", **headers).status


def test_health_is_open_to_the_supervisor_and_closed_to_pages(embedded_aws: EmbeddedAws) -> None:
    assert send(embedded_aws, "GET", "/_ministack/health").status == 200
    assert send(embedded_aws, "GET", "/_ministack/health", Origin="https://evil.example").status == 403
    assert send(embedded_aws, "POST", "/_ministack/health").status == 404


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(embedded_aws: EmbeddedAws) -> None:
    headers = sign(embedded_aws) | {"Content-Length": str(2**40)}
    assert post(embedded_aws, b"", headers).status == 413


def test_a_websocket_is_refused(embedded_aws: EmbeddedAws) -> None:
    response = send(
        embedded_aws, "GET", "/_aws/execute-api/abc/prod", Connection="Upgrade", Upgrade="websocket",
        Sec_WebSocket_Version="13", Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA==",
    )  # fmt: skip
    assert response.status == 403


@pytest.mark.parametrize(
    "target", ["/_aws/execute-api/x", "/_aws/execute-api//prod/", "/_aws/lambda-url/", "/_aws/sqs"]
)
def test_a_path_that_only_looks_like_an_invoke_url_is_closed(embedded_aws: EmbeddedAws, target: str) -> None:
    response = send(embedded_aws, "POST", target, LIST, X_Amz_Target="AWSStepFunctions.ListStateMachines")
    assert (response.status, response.code) == (404, "AccessDenied")


# ---- data plane


@pytest.fixture(scope="module")
def routes(embedded_aws: EmbeddedAws) -> Iterator[dict[str, str]]:
    """Invoke URLs: an HTTP API without CORS, one with, one that wants signatures, and a function URL of each kind."""
    lambda_ = embedded_aws.client("lambda")
    arn = create_function(embedded_aws, "guard-target", "answer")
    urls = {"plain": create_api(embedded_aws, arn), "iam": create_api(embedded_aws, arn, authorization="AWS_IAM")}
    urls["cors"] = create_api(embedded_aws, arn, cors={"AllowOrigins": ["https://shop.example"]})
    url = lambda_.create_function_url_config(FunctionName="guard-target", AuthType="AWS_IAM")["FunctionUrl"]
    urls["function-iam"] = f"/_aws/lambda-url/{url.split('//')[1].split('.')[0]}/"
    create_function(embedded_aws, "guard-shop", "answer")
    cors = {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["GET"]}
    url = lambda_.create_function_url_config(FunctionName="guard-shop", AuthType="NONE", Cors=cors)["FunctionUrl"]
    urls["function-cors"] = f"/_aws/lambda-url/{url.split('//')[1].split('.')[0]}/"
    yield urls
    for name in ("guard-target", "guard-shop"):
        lambda_.delete_function(FunctionName=name)


def create_function(aws: EmbeddedAws, name: str, handler: str) -> str:
    answer = aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=ROLE,
        Handler=f"app.{handler}",
        Code={"ZipFile": package(HANDLER)},
    )
    return str(answer["FunctionArn"])


def create_api(aws: EmbeddedAws, function_arn: str, cors: Any = None, authorization: str = "NONE") -> str:
    api = aws.client("apigatewayv2")
    made = api.create_api(Name="guard", ProtocolType="HTTP", **({"CorsConfiguration": cors} if cors else {}))
    integration = api.create_integration(
        ApiId=made["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=function_arn, PayloadFormatVersion="2.0"
    )
    target = f"integrations/{integration['IntegrationId']}"
    api.create_route(ApiId=made["ApiId"], RouteKey="ANY /go", Target=target, AuthorizationType=authorization)
    api.create_stage(ApiId=made["ApiId"], StageName="prod", AutoDeploy=True)
    return f"/_aws/execute-api/{made['ApiId']}/prod/go"


def test_an_invoke_url_can_be_clicked(embedded_aws: EmbeddedAws, routes: dict[str, str]) -> None:
    response = send(embedded_aws, "GET", routes["plain"], Sec_Fetch_Site="none")
    assert (response.status, response.body) == (200, b"ran")


def test_another_site_may_not_call_a_route_without_cors(embedded_aws: EmbeddedAws, routes: dict[str, str]) -> None:
    assert send(embedded_aws, "GET", routes["plain"], Sec_Fetch_Site="cross-site").status == 403
    assert send(embedded_aws, "POST", routes["plain"], b"{}", Origin="https://evil.example").status == 403


def test_a_handler_cannot_declare_cors_for_its_route(embedded_aws: EmbeddedAws, routes: dict[str, str]) -> None:
    response = send(embedded_aws, "GET", routes["plain"])
    assert response.cors == []


@pytest.mark.parametrize("route", ["cors", "function-cors"])
def test_a_declared_site_may_call(embedded_aws: EmbeddedAws, routes: dict[str, str], route: str) -> None:
    origin = {"Origin": "https://shop.example", "Sec_Fetch_Site": "cross-site"}
    response = send(embedded_aws, "GET", routes[route], b"", **origin)
    assert (response.status, response.headers["access-control-allow-origin"]) == (200, "https://shop.example")


@pytest.mark.parametrize("route", ["cors", "function-cors"])
def test_a_preflight_is_answered_as_declared(embedded_aws: EmbeddedAws, routes: dict[str, str], route: str) -> None:
    asked = {"Access_Control_Request_Method": "GET", "Sec_Fetch_Site": "cross-site"}
    told = send(embedded_aws, "OPTIONS", routes[route], b"", Origin="https://shop.example", **asked)
    assert (told.status // 100, told.headers["access-control-allow-origin"]) == (2, "https://shop.example")
    refused = send(embedded_aws, "OPTIONS", routes[route], b"", Origin="https://evil.example", **asked)
    assert (refused.status, refused.cors) == (403, [])


def test_a_preflight_of_a_route_without_cors_gets_no_permission(
    embedded_aws: EmbeddedAws, routes: dict[str, str]
) -> None:
    asked = {"Origin": "https://shop.example", "Access_Control_Request_Method": "GET"}
    response = send(embedded_aws, "OPTIONS", routes["plain"], b"", **asked)
    assert (response.status, response.cors) == (403, [])


def test_an_undeclared_site_may_not_call_a_route_with_cors(embedded_aws: EmbeddedAws, routes: dict[str, str]) -> None:
    origin = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}
    assert send(embedded_aws, "GET", routes["cors"], b"", **origin).status == 403


def test_a_rebound_name_does_not_reach_an_invoke_url(embedded_aws: EmbeddedAws, routes: dict[str, str]) -> None:
    assert send(embedded_aws, "GET", routes["plain"], Host=f"rebound.example:{embedded_aws.port}").status == 403


@pytest.mark.parametrize("route", ["iam", "function-iam"])
def test_a_route_that_wants_signatures_verifies_them(
    embedded_aws: EmbeddedAws, routes: dict[str, str], route: str
) -> None:
    def call(secret: str) -> int:
        request = AWSRequest("GET", f"{embedded_aws.endpoint_url}{routes[route]}", data=b"")
        SigV4Auth(Credentials(embedded_aws.access_key_id, secret), "execute-api", embedded_aws.region).add_auth(request)
        headers = {name.replace("-", "_"): value for name, value in request.headers.items()}
        return send(embedded_aws, "GET", routes[route], b"", **headers).status

    assert send(embedded_aws, "GET", routes[route]).status == 403
    assert call("0" * 40) == 403
    assert call(embedded_aws.secret_access_key) == 200


def test_a_steering_header_does_not_turn_an_invoke_url_into_an_api_call(
    embedded_aws: EmbeddedAws, routes: dict[str, str]
) -> None:
    response = send(embedded_aws, "POST", routes["plain"], LIST, X_Amz_Target=LIST_HEADERS["X-Amz-Target"])
    assert response.body == b"ran"


# ---- handlers


def test_handlers_see_nothing_of_the_servers_environment(embedded_aws: EmbeddedAws) -> None:
    create_function(embedded_aws, "guard-environment", "environment")
    answer = embedded_aws.client("lambda").invoke(FunctionName="guard-environment")
    seen = json.loads(answer["Payload"].read())
    assert "DATABASE_URL" not in seen
    assert seen["AWS_ACCESS_KEY_ID"] == embedded_aws.access_key_id
    assert seen["AWS_SECRET_ACCESS_KEY"] == embedded_aws.secret_access_key
