"""The receiver says what it cannot begin with; that it verifies is shown in `tests/flows/test_hooks.py`."""

import socket

import pytest
from django.core.management import CommandError, call_command


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"^Port {port} cannot be listened at: Address already in use"):
            call_command("receive_hooks", "--port", str(port))


def test_a_port_that_is_none_is_one_sentence() -> None:
    with pytest.raises(CommandError, match="ports end at 65535"):
        call_command("receive_hooks", "--port", "99999")


@pytest.mark.parametrize("secret", ["", "x", "whsec_!"])
def test_a_secret_that_is_none_is_one_sentence(secret: str) -> None:
    with pytest.raises(CommandError, match=r"^A secret is whsec_ and Base64"):
        call_command("receive_hooks", "--secret", secret, "--port", "0")
