"""Messages leave for public addresses only, whatever an address is written like, and no receiver holds anything up."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from controlplane.embedded.ports import free_port
from tests.receivers import Handler, Receiver, run_receiver
from transactions.jobs import posting
from transactions.jobs.posting import LARGEST_ANSWER, Answer, Line
from transactions.targets import Place

OUTSIDE = "93.184.215.14"
HOSTILE = {
    "loopback": "127.0.0.1 127.1 127.255.255.254 0 0.0.0.0 0x7f.1 0x7f000001 2130706433 017700000001",
    "loopback by name": "localhost LOCALHOST localhost.",
    "loopback of IPv6": "[::1] [0:0:0:0:0:0:0:1] [::]",
    "mapped into IPv6": "[::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:169.254.169.254] [::ffff:10.0.0.1]",
    "otherwise inside of IPv6": "[::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [2001::1]",
    "private": "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 [fc00::1] [fd12:3456::1] [fec0::1]",
    "link-local": "169.254.1.1 [fe80::1]",
    "metadata": "169.254.169.254 0xa9fea9fe 2852039166 169.254.170.2 [fd00:ec2::254] 168.63.129.16 100.100.100.200",
    "CGNAT": "100.64.0.1 100.127.255.255",
    "multicast, reserved, broadcast": "224.0.0.1 240.0.0.1 255.255.255.255 [ff02::1] 192.0.2.1 198.18.0.1",
}
WRITTEN = [
    "https://user:pass@93.184.215.14/",
    "https://93.184.215.14@127.0.0.1/",
    "https://127.0.0.1#@93.184.215.14/",
    "https://127.0.0.1\\@93.184.215.14/",
    "https://93.184.215.14\t/",
    "https://[fe80::1%25eth0]/",
    "https://127.0.0.1%2f@93.184.215.14/",
    "https://１２７.0.0.1/",
    "http://93.184.215.14/",
    "file:///etc/passwd",
    "gopher://93.184.215.14/",
    "unix:///var/run/docker.sock",
    "https:///hook",
    "https://93.184.215.14:0/",
    "https://93.184.215.14:65536/",
    "//93.184.215.14/",
    "",
]  # fmt: skip


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address a socket is connected to; none but the loopback's is really dialled."""
    calls: list[Any] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        calls.append(address)
        if not (isinstance(address, tuple) and address[0] == "127.0.0.1"):
            raise ConnectionRefusedError
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.setattr(socket.socket, "connect_ex", watched)
    return calls


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with run_receiver() as receiver:
        yield receiver


ENDLESS = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"


def post(url: str, *places: Place) -> Answer:
    line = Line(url, places)
    try:
        return line.post({"Content-Type": "application/json"}, b"{}")
    finally:
        line.close()


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_socket_is_connected_to_what_is_not_public(dialled: list[Any], kind: str) -> None:
    for host in HOSTILE[kind].split():
        for address in (f"https://{host}/", f"https://{host}:8443/x?y=1"):
            assert post(address).error, address
    assert dialled == []


@pytest.mark.parametrize("address", WRITTEN)
def test_no_socket_is_connected_for_an_address_that_could_be_read_two_ways(dialled: list[Any], address: str) -> None:
    assert post(address).error
    assert dialled == []


def test_every_address_a_name_leads_to_has_to_be_public(dialled: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(0, 0, 0, "", (OUTSIDE, 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert "10.0.0.1, which is not on the public internet" in post("https://receiver.example/").error
    assert dialled == []


def test_a_name_that_is_rebound_is_connected_to_where_it_was_checked(
    dialled: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is public, every later one is not: a second look would lead inside."""
    answers = iter([OUTSIDE])
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (next(answers, "169.254.169.254"), 443))]
    )
    assert "refused the connection" in post("https://receiver.example/").error
    assert dialled == [(OUTSIDE, 443)]
    assert "169.254.169.254" in post("https://receiver.example/").error
    assert dialled == [(OUTSIDE, 443)]


def test_a_place_is_let_in_by_host_and_port_and_nothing_beside_it(dialled: list[Any], receiver: Receiver) -> None:
    assert post(receiver.url, receiver.place).status == 204
    assert dialled == [("127.0.0.1", receiver.port)]
    for other in (f"http://127.0.0.1:{receiver.port + 1}/", f"http://127.0.0.2:{receiver.port}/", "https://127.0.0.1/"):
        assert post(other, receiver.place).error
    assert len(dialled) == 1


def test_no_proxy_is_asked(dialled: list[Any], receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(receiver.url, receiver.place).status == 204
    assert dialled == [("127.0.0.1", receiver.port)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(dialled: list[Any], receiver: Receiver, status: int) -> None:
    receiver.status, receiver.headers = status, {"Location": "http://169.254.169.254/latest/meta-data/"}
    answer = post(receiver.url, receiver.place)
    assert (answer.status, answer.error) == (status, f"It answered {status}, a redirect; redirects are not followed.")
    assert dialled == [("127.0.0.1", receiver.port)]


def _hang(handler: Handler) -> None:
    time.sleep(30)


def _drip_body(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    _drip(handler)


def _drip_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler)


def _drip(handler: Handler) -> None:
    for _ in range(1000):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize("play", [_hang, _drip_body, _drip_headers])
def test_all_of_a_request_is_over_when_its_time_is(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, play: Any
) -> None:
    monkeypatch.setattr(posting, "LIMIT_S", 0.4)
    receiver.play = play
    begin = time.monotonic()
    answer = post(receiver.url, receiver.place)
    assert "No whole answer within" in answer.error
    # The drip alone would take 50 s, and each of its bytes comes in good time.
    assert time.monotonic() - begin < 20


def test_no_more_of_an_answer_is_read_than_64_kb(receiver: Receiver) -> None:
    sent = []

    def flood(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
        for _ in range(1600):
            handler.wfile.write(b"y" * 65_536)
            sent.append(65_536)

    receiver.play = flood
    answer = post(receiver.url, receiver.place)
    assert (answer.status, len(answer.body), answer.error) == (200, LARGEST_ANSWER, "")
    assert sum(sent) < 104_857_600


@pytest.mark.parametrize(
    "answered",
    [b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 abc\r\n\r\n", b"", ENDLESS],
)
def test_what_is_no_http_is_said_so(receiver: Receiver, answered: bytes) -> None:
    def play(handler: Handler) -> None:
        handler.wfile.write(answered)
        handler.close_connection = True

    receiver.play = play
    assert post(receiver.url, receiver.place).error == "It did not answer as HTTP wants it."


def test_a_kept_connection_that_was_closed_meanwhile_is_no_fault(receiver: Receiver) -> None:
    line = Line(receiver.url, [receiver.place])

    def close(handler: Handler) -> None:
        handler.answer(204)
        handler.close_connection = True

    receiver.play = close
    assert [line.post({}, b"{}").status for _ in range(3)] == [204, 204, 204]
    assert len(receiver.received) == 3
    line.close()


def test_a_port_nobody_listens_at_is_said_so() -> None:
    port = free_port()
    assert "refused the connection" in post(f"http://127.0.0.1:{port}/", Place("127.0.0.1", port, port)).error


def test_a_receiver_without_tls_is_said_so(receiver: Receiver) -> None:
    assert "TLS" in post(receiver.url.replace("http:", "https:"), receiver.place).error


def test_only_a_certificate_that_somebody_vouches_for_is_sent_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = made_for_loopback(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with run_receiver(tls) as receiver:
        url = receiver.url.replace("http:", "https:")
        assert "certificate is not trusted" in post(url, receiver.place).error
        assert not receiver.received
        vouched = posting._tls.__wrapped__()
        vouched.load_verify_locations(certificate)
        monkeypatch.setattr(posting, "_tls", lambda: vouched)
        line = Line(url, [receiver.place])
        assert [line.post({"webhook-id": "m"}, b"{}").status for _ in range(2)] == [204, 204]
        line.close()
    assert [(one.headers["host"], one.headers["webhook-id"], one.body) for one in receiver.received] == [
        (f"127.0.0.1:{receiver.port}", "m", b"{}")
    ] * 2


def made_for_loopback(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key in the same file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (file := folder / "receiver.pem").write_bytes(signed + written)
    return file
