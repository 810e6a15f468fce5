"""A receiver of hooks for tests: it keeps what it was sent, and answers as it is told."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from transactions.targets import Place


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


Play = Callable[["Handler"], None]


@dataclass
class Receiver:
    """What came, and what is answered: a status with headers, or a `play` that writes the answer itself."""

    port: int
    received: list[Received] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    play: Play | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def place(self) -> Place:
        return Place("127.0.0.1", self.port, self.port)


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open, as good receivers do."""

    protocol_version = "HTTP/1.1"

    @property
    def receiver(self) -> Receiver:
        assert isinstance(self.server, _Server)
        return self.server.receiver

    def setup(self) -> None:
        super().setup()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.received.append(Received(self.path, headers, body, time.time()))
        if self.receiver.play is not None:
            self.receiver.play(self)
            return
        self.answer(self.receiver.status, **self.receiver.headers)

    def answer(self, status: int, **headers: str) -> None:
        """An answer without a body; `headers` with _ for -."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is said."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """The other side hung up: that is what some tests are about."""


@contextmanager
def run_receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """One that listens on a free port of the loopback."""
    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.receiver = receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
