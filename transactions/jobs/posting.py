"""POSTs messages to addresses other people chose. Follows no redirect, reads no proxy setting, writes no row.

A name is resolved once for each connection, every address it leads to is checked, and the connection is made to the
address that was checked. All of a request has to be over within 15 s, however slowly its receiver drips.
"""

import contextlib
import http.client
import ipaddress
import math
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from transactions import targets
from transactions.targets import BadTarget, Place, Target

LIMIT_S = 15.0
LARGEST_ANSWER = 65_536
GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: `error` in words, empty when it was taken; `status` None when nothing was answered."""

    status: int | None = None
    body: bytes = b""
    retry_after: str = ""
    error: str = ""


class Line:
    """A connection to one receiver, kept open from message to message. For one thread at a time."""

    def __init__(self, address: str, allowed: Iterable[Place]) -> None:
        self.address, self._allowed = address, tuple(allowed)
        self._connection: _Connection | None = None

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one message; never raises for what the other side does."""
        deadline = time.monotonic() + LIMIT_S
        try:
            target = targets.parse(self.address, self._allowed)
            return self._post(target, headers, body, deadline)
        except BadTarget as refused:
            error = str(refused)
        except TimeoutError:
            error = f"No whole answer within {LIMIT_S:.0f} s."
        except socket.gaierror:
            error = "Its name leads nowhere: it could not be resolved."
        except ssl.SSLCertVerificationError as refused:
            error = f"Its certificate is not trusted: {refused.verify_message}."
        except ssl.SSLError as refused:
            error = f"TLS could not be agreed upon: {refused.reason or 'the connection broke'}."
        except ConnectionRefusedError:
            error = "It refused the connection: nothing listens there."
        except http.client.HTTPException:
            error = "It did not answer as HTTP wants it."
        except OSError as broken:
            error = f"The connection broke: {broken.strerror or type(broken).__name__}."
        self.close()
        return Answer(error=error)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _post(self, target: Target, headers: Mapping[str, str], body: bytes, deadline: float) -> Answer:
        if self._connection is not None:
            # Kept open, it may have been closed meanwhile by the other side, which is no fault: dial once more.
            with contextlib.suppress(http.client.RemoteDisconnected, ConnectionError):
                return self._exchange(self._connection, target, headers, body, deadline)
            self.close()
        self._connection = _Connection(target, self._allowed)
        return self._exchange(self._connection, target, headers, body, deadline)

    def _exchange(
        self, connection: "_Connection", target: Target, headers: Mapping[str, str], body: bytes, deadline: float
    ) -> Answer:
        answer = connection.post(_request(target, headers, body), deadline)
        content = answer.read(LARGEST_ANSWER)
        if answer.will_close or not answer.isclosed():
            self.close()  # there may be more, which nobody will read
        status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        return Answer(status, content, retry_after, _error(status))


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """All of a request in one piece: the address was parsed, so that no line of it can hold another."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    place = host if target.port == targets.PORTS[target.scheme] else f"{host}:{target.port}"
    told = {"Host": place, "Accept-Encoding": "identity", "Content-Length": str(len(body)), **headers}
    lines = [f"POST {target.path} HTTP/1.1", *[f"{name}: {value}" for name, value in told.items()], "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def _error(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"It answered {status}, a redirect; redirects are not followed."
    with contextlib.suppress(ValueError):
        return f"It answered {status} {HTTPStatus(status).phrase}."
    return f"It answered {status}."


# ---- the connection


class _Bounded:
    """A socket whose every wait ends at one deadline, where Python's own timeout begins anew with every byte."""

    deadline = math.inf

    def bound(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left if left < LIMIT_S else LIMIT_S)  # type: ignore[attr-defined]

    def recv_into(self, *arguments: Any) -> int:
        self.bound()
        return int(super().recv_into(*arguments))  # type: ignore[misc]

    def send(self, *arguments: Any) -> int:
        self.bound()
        return int(super().send(*arguments))  # type: ignore[misc]

    def sendall(self, *arguments: Any) -> None:
        self.bound()
        super().sendall(*arguments)  # type: ignore[misc]


class _Plain(_Bounded, socket.socket):
    """A TCP connection."""


class _Encrypted(_Bounded, ssl.SSLSocket):
    """A TLS connection."""


class _Connection:
    """HTTP over a connection to an address that was checked."""

    def __init__(self, target: Target, allowed: Iterable[Place]) -> None:
        self._target, self._allowed = target, allowed
        self._socket: _Plain | _Encrypted | None = None

    def post(self, request: bytes, deadline: float) -> http.client.HTTPResponse:
        """Send it; everything from now on has to be over by `deadline` (monotonic). Raises BadTarget, OSError."""
        if self._socket is None:
            self._socket = self._connected(deadline)
        self._socket.deadline = deadline
        self._socket.sendall(request)
        answer = http.client.HTTPResponse(self._socket, method="POST")
        answer.begin()
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _connected(self, deadline: float) -> "_Plain | _Encrypted":
        """Resolve, check, dial, and agree upon TLS. Raises BadTarget, OSError."""
        addresses = _resolve(self._target, deadline)
        if not targets.is_allowed(self._target, self._allowed):
            for address in addresses:
                targets.require_public(address)
        dialled = self._dial(addresses, deadline)
        if self._target.scheme != "https":
            return dialled
        dialled.bound()
        encrypted = _tls().wrap_socket(dialled, server_hostname=self._target.host)
        assert isinstance(encrypted, _Encrypted)  # noqa: S101 - what the context was told to make
        return encrypted

    def _dial(self, addresses: list[str], deadline: float) -> "_Plain":
        """The first of the addresses that answers."""
        trouble: OSError = OSError("no address")
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            connection = _Plain(family, socket.SOCK_STREAM)
            connection.deadline = deadline
            try:
                connection.bound()
                connection.connect((address, self._target.port))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
            except OSError as error:
                connection.close()
                trouble = error
        raise trouble


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.sslsocket_class = _Encrypted
    return context


def _resolve(target: Target, deadline: float) -> list[str]:
    """The addresses a host stands for. Nothing stops the system's resolver, so it is left behind when time is up."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(target.host))]
    found: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            known = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            found.put(list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in known)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = found.get(timeout=max(0.0, min(LIMIT_S, deadline - time.monotonic())))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    if isinstance(answer, UnicodeError):
        raise BadTarget("Its host is no name a computer can have.")
    return answer
