"""Bodies that come in pieces, without their length, at the server that stands before the application."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from controlplane.embedded.ports import free_port
from tests.factories import InboundHookFactory
from tests.faults.conftest import INPUT, Workers, until
from transactions import signing
from transactions.models import Transaction
from workflows.models import Deployment, User
from workflows.services import access

pytestmark = [pytest.mark.flow, pytest.mark.long, pytest.mark.django_db(transaction=True)]
FORM = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nx\r\n--b--\r\n'


def pieces(body: bytes, size: int = 7) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


def post(port: int, path: str, body: bytes, headers: dict[str, str], size: int = 7) -> tuple[int, dict[str, object]]:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with suppress(BrokenPipeError):  # what is too large is answered before it has all come
        asked.request("POST", path, pieces(body, size), headers, encode_chunked=True)
    answer = asked.getresponse()
    told = json.loads(answer.read())
    asked.close()
    return answer.status, told


def break_off(port: int, headers: dict[str, str]) -> None:
    """What has come of an object by then is no JSON, so nothing can be made of it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        told = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Idempotency-Key": "broken"}.items())
        line.sendall(
            f"POST /api/v1/transactions HTTP/1.1\r\nHost: 127.0.0.1\r\n{told}\r\n9\r\n".encode() + b'{"input":\r\n'
        )
        line.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            line.recv(1_000)


def is_up(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def test_what_comes_in_pieces_is_read_as_if_it_had_come_whole(workers: Workers, operator: User) -> None:
    hook = InboundHookFactory.create(deployment=Deployment.objects.get(), created_by=operator)
    token = access.issue_token(operator, "test", by=operator)[1]
    secret, body = hook.secret, INPUT.encode()
    port = free_port()
    workers.start_web(port)
    until(lambda: is_up(port))
    chunked = {"Transfer-Encoding": "chunked"}
    api = {**chunked, "Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "k"}
    signed = chunked | signing.signed_headers([secret], id="m", at=int(time.time()), body=body)
    address = f"/hooks/in/{hook.slug}"

    assert post(port, address, body, signed)[0] == 202
    assert post(port, address, body, {**signed, "webhook-id": "n"})[0] == 401
    large = signing.signed_headers([secret], id="l", at=int(time.time()), body=b"1" * 300_000)
    assert post(port, address, b"1" * 300_000, chunked | large, 50_000)[0] == 413
    assert post(port, address, b" " * 6_000_000, chunked | large, 100_000)[0] == 413
    asked = {"workflow": "transaction-processor", "input": json.loads(INPUT)}
    status, told = post(port, "/api/v1/transactions", json.dumps(asked).encode(), api)
    assert (status, told.get("status")) == (201, "accepted"), told
    form = {**api, "Content-Type": "multipart/form-data; boundary=b"}
    status, told = post(port, "/api/v1/functions/Orders/revisions", FORM, form)
    assert (status, told["code"]) == (411, "length_required")
    break_off(port, api)
    assert Transaction.objects.count() == 2
