"""The stub as a server on a thread of its own: one thread a connection, one buffer an answer, nothing that grows."""

import re
import socket
import socketserver
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.aws_stub import wire
from tests.aws_stub.executions import Executions
from tests.aws_stub.functions import Functions
from tests.aws_stub.ledger import Call, Ledger
from tests.aws_stub.machines import Machines
from tests.aws_stub.orders import Order, Orders, Refusal
from tests.aws_stub.roles import Roles
from tests.aws_stub.wire import Answer, Asked

CREDENTIAL = re.compile(r"Credential=([^/]+)/")


class AwsStub:
    """What is in this AWS, what it is told to do, and what it was asked. Signatures are not looked at."""

    access_key_id = "AKIASTUBSTUBSTUB0001"
    secret_access_key = "the-stub-never-sees-this-one"

    def __init__(self) -> None:
        self.orders = Orders()
        self.ledger = Ledger()
        self.roles = Roles()
        self.machines = Machines(self.roles)
        self.executions = Executions(self.machines)
        self.functions = Functions(self.roles)
        self._operations = {
            name: handler
            for part in (self.roles, self.machines, self.executions, self.functions)
            for name, handler in part.operations().items()
        }
        self._server: _Server | None = None
        self.port = 0

    @property
    def endpoint_url(self) -> str:
        """Where it listens, or listened."""
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Listen: on the port it had before, if it was open before."""
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="aws-stub", daemon=True).start()

    def close(self) -> None:
        """Listen no more, and cut every connection."""
        if self._server:
            self._server.shutdown()
            self._server.cut()
            self._server.server_close()
            self._server = None

    def clear(self) -> None:
        """Forget everything that was made, told and asked."""
        self.orders.clear()
        for part in (self.ledger, self.roles, self.machines, self.executions, self.functions):
            part.clear()

    def handle(self, asked: Asked, access_key_id: str) -> Answer | None:
        """Do what is asked, as told to; None when the answer is to be dropped."""
        call = Call(asked.operation, asked.parameters, access_key_id)
        self.ledger.enter(call)
        order = Order()
        try:
            order = self.orders.take(asked.operation)
            order.before()
            answer = wire.success(asked, self._execute(asked))
            call.executed = True
        except Refusal as refusal:
            call.refused = refusal.code
            answer = wire.failure(asked.protocol, refusal)
        order.after()
        call.answered = not order.drops_answer
        return answer if call.answered else None

    def _execute(self, asked: Asked) -> dict[str, Any]:
        handler = self._operations.get(asked.operation)
        if handler is None:
            raise Refusal("UnknownOperationException", f"The stub does not know {asked.operation}.", 404)
        return handler(asked.parameters)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, stub: AwsStub) -> None:
        self.stub = stub
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", stub.port), _Connection)

    def cut(self) -> None:
        """End every connection, as a machine that goes away does."""
        for one in list(self.open):
            one.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is what this is for, not news."""


class _Connection(socketserver.StreamRequestHandler):
    """HTTP/1.1, just enough for botocore, read by hand: the standard library's own server is too slow."""

    server: _Server
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.request)

    def finish(self) -> None:
        self.server.open.discard(self.request)
        super().finish()

    def handle(self) -> None:
        """Answer until the client goes, or an answer is dropped."""
        while line := self.rfile.readline():
            method, target, _ = line.decode("latin-1").split(" ", 2)
            headers = self._headers()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            answer = self._answer(method, target, headers, body)
            if answer is None:
                return
            self._send(answer)

    def _headers(self) -> dict[str, str]:
        found = {}
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            found[name.strip().lower()] = value.strip()
        return found

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        try:
            asked = wire.understand(method, target, headers, body)
        except Refusal as refusal:
            return wire.failure("rest", refusal)
        signer = CREDENTIAL.search(headers.get("authorization", ""))
        return self.server.stub.handle(asked, signer.group(1) if signer else "")

    def _send(self, answer: Answer) -> None:
        lines = [
            f"HTTP/1.1 {answer.status} Told",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
            f"x-amzn-RequestId: {uuid.uuid4()}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)


@contextmanager
def run_aws_stub() -> Iterator[AwsStub]:
    """A stub that listens, until the block ends."""
    stub = AwsStub()
    stub.open()
    try:
        yield stub
    finally:
        stub.orders.clear()
        stub.close()
