"""A port to listen on is one that nothing takes before its server does."""

import socket

import pytest

from controlplane.embedded import ports


def test_a_free_port_can_be_listened_on_and_is_no_longer_free_then() -> None:
    port = ports.free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not ports.is_free(port)


def test_a_taken_port_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", ports.free_port())) as taken:
        number = taken.getsockname()[1]
        monkeypatch.setattr(ports, "OURS", range(number, number + 1))
        with pytest.raises(OSError, match="is free"):
            ports.free_port()
