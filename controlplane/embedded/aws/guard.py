"""The guard in front of ministack: any web page the operator visits could otherwise run code on this machine.

Control plane (the AWS APIs): only a request to a loopback name, signed with this installation's key, from no browser.
Data plane (invoke URLs, which people click): no foreign page, unless the route declares CORS. A plain ASGI
middleware: it decides before ministack sees anything, and knows ministack only through the `Routes` it is given.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

from .signatures import SignatureError, SignedRequest, read_claim, verify

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
HEALTH_PATH = "/_ministack/health"
# ministack's own endpoints (reset, configuration, message inspection): nobody's, signed or not.
PRIVATE_PREFIXES = ("/_ministack/", "/_localstack/", "/_aws/")
# A function's code, as AWS gives it by a presigned address: here to whoever signs the request itself.
CODE_PREFIX = "/_ministack/lambda-code/"
MAX_CONTROL_BYTES = 100 * 2**20
MAX_DATA_BYTES = 10 * 2**20


@dataclass(frozen=True)
class Route:
    """What an invoke URL's owner declared: origins whose pages may call it ("*" for any), whether callers must sign."""

    cors_origins: tuple[str, ...] = ()
    requires_signature: bool = False

    def welcomes(self, origins: Iterable[str]) -> bool:
        """Whether pages of these foreign origins may call; a navigation has none and needs just any CORS at all."""
        return bool(self.cors_origins) and ("*" in self.cors_origins or set(origins) <= set(self.cors_origins))


class Routes(Protocol):
    """Finds the route of a data-plane path."""

    def find(self, method: str, path: str) -> Route | None:
        """The route, or None if the path is not an invoke URL; an unknown API still is one (ministack answers 404)."""


class RefusedError(Exception):
    """A request the guard does not let through; `code` in AWS's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Guard:
    """ASGI middleware around `app`; `secrets` maps access key ids to secret keys."""

    app: App
    routes: Routes
    secrets: Mapping[str, str]
    port: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = _read_request(scope)
            self._check_host(request)
            route = self.routes.find(request.method, scope["path"])
            if route is None:
                receive = await self._admit_control(scope, request, receive)
                send = _without_cors(send)
            else:
                receive = await self._admit_data(route, request, receive)
                send = send if route.cors_origins else _without_cors(send)
        except RefusedError as error:
            await _refuse(send, error)
            return
        await self.app(scope, receive, send)

    def _check_host(self, request: SignedRequest) -> None:
        """A foreign Host on a loopback connection is a rebound DNS name, or another machine's proxy."""
        name, _, port = request.host.rpartition(":") if not request.host.endswith("]") else (request.host, "", "")
        if not name:
            name, port = port, ""
        if name.lower() not in LOOPBACK_NAMES or port not in {"", str(self.port)}:
            raise RefusedError(403, "AccessDenied", "This embedded AWS answers to loopback names only.")

    async def _admit_control(self, scope: Scope, request: SignedRequest, receive: Receive) -> Receive:
        if request.values("origin") or any(name.lower().startswith("sec-fetch-") for name, _ in request.headers):
            raise RefusedError(403, "AccessDenied", "Browsers may not call the AWS APIs.")
        if scope["path"] == HEALTH_PATH and request.method == "GET":
            return _replay(b"")
        is_code = scope["path"].startswith(CODE_PREFIX) and request.method == "GET"
        if scope["path"].startswith(PRIVATE_PREFIXES) and not is_code:
            raise RefusedError(404, "AccessDenied", "Not served here.")
        return await self._verify(request, receive, MAX_CONTROL_BYTES)

    async def _admit_data(self, route: Route, request: SignedRequest, receive: Receive) -> Receive:
        if _is_foreign(request) and not route.welcomes(request.values("origin")):
            raise RefusedError(403, "AccessDenied", "This route declares no CORS for that site: it may not call it.")
        claims_signature = any(value.startswith("AWS4-") for value in request.values("authorization"))
        if route.requires_signature or claims_signature:
            return await self._verify(request, receive, MAX_DATA_BYTES)
        return _replay(await _read_body(request, receive, MAX_DATA_BYTES))

    async def _verify(self, request: SignedRequest, receive: Receive, limit: int) -> Receive:
        try:
            claim = read_claim(request, datetime.now(UTC))
            body = await _read_body(request, receive, limit)
            verify(claim, request, body, self.secrets)
        except SignatureError as error:
            raise RefusedError(403, error.code, str(error)) from None
        return _replay(body)


def _read_request(scope: Scope) -> SignedRequest:
    headers = [(_text(name), _text(value)) for name, value in scope["headers"]]
    hosts = [value for name, value in headers if name.lower() == "host"]
    path, query = _text(scope.get("raw_path") or b""), _text(scope.get("query_string", b""))
    if len(hosts) != 1 or not path.startswith("/") or "#" in path + query:
        raise RefusedError(400, "ValidationException", "The request line or the Host header is malformed.")
    names = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}
    if names & {"x-amz-signature", "x-amz-credential", "x-amz-algorithm"}:
        raise RefusedError(403, "AccessDenied", "Presigned addresses are not accepted here.")
    return SignedRequest(scope["method"], hosts[0], f"{path}?{query}" if query else path, headers)


def _text(raw: bytes) -> str:
    """Header bytes as ministack reads them: UTF-8, else Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _is_foreign(request: SignedRequest) -> bool:
    """Whether a page of another origin sent this. Browsers without Sec-Fetch-Site still send Origin with a POST."""
    origins = request.values("origin")
    own = {f"http://{request.host}", f"https://{request.host}"}
    return "cross-site" in request.values("sec-fetch-site") or any(origin not in own for origin in origins)


async def _read_body(request: SignedRequest, receive: Receive, limit: int) -> bytes:
    stated = request.values("content-length")
    if stated and stated[0].isdecimal() and int(stated[0]) > limit:
        raise RefusedError(413, "RequestEntityTooLargeException", f"The body is larger than {limit} bytes.")
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise RefusedError(400, "ValidationException", "The request ended before its body.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise RefusedError(413, "RequestEntityTooLargeException", f"The body is larger than {limit} bytes.")
        more = message.get("more_body", False)
    return b"".join(chunks)


def _replay(body: bytes) -> Receive:
    """A `receive` that hands the verified body on, once; then the client counts as gone."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _without_cors(send: Send) -> Send:
    async def send_stripped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": list(_strip_cors(message.get("headers", [])))}
        await send(message)

    return send_stripped


def _strip_cors(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    return ((name, value) for name, value in headers if not name.lower().startswith(b"access-control-"))


async def _refuse(send: Send, error: RefusedError) -> None:
    body = json.dumps({"__type": error.code, "message": str(error)}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-errortype", error.code.encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
