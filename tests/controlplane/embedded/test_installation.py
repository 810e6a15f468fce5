"""What `var/` keeps from one start to the next."""

import json
import socket
from dataclasses import replace
from pathlib import Path

from controlplane.embedded.installation import open_installation
from controlplane.embedded.preflight import Address

ADDRESS = Address("127.0.0.1", 8000)


def test_what_is_drawn_at_the_first_start_stays(tmp_path: Path) -> None:
    first = open_installation(tmp_path, ADDRESS)
    assert open_installation(tmp_path, ADDRESS) == first
    assert len(first.secrets.aws_account_id) == 12
    assert len(first.secrets.secret_key) >= 50


def test_each_installation_draws_its_own(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    one, other = (open_installation(tmp_path / name, ADDRESS).secrets for name in "ab")
    assert one.secret_key != other.secret_key
    assert one.aws_secret_access_key != other.aws_secret_access_key


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    installation = open_installation(tmp_path, ADDRESS)
    installation.credentials.write_text('{"operator": "one", "admin": "two", "api_token": "three"}')
    installation.write_note(ADDRESS)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes["installation.json"] == modes["signalbox.json"] == 0o600


def test_the_port_of_the_embedded_aws_moves_when_it_is_taken(tmp_path: Path) -> None:
    first = open_installation(tmp_path, ADDRESS).secrets
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.aws_port))
        other.listen()
        moved = open_installation(tmp_path, ADDRESS).secrets
    assert moved.aws_port != first.aws_port
    assert replace(moved, aws_port=first.aws_port) == first


def test_the_port_of_the_embedded_aws_is_never_that_of_the_web_server(tmp_path: Path) -> None:
    port = open_installation(tmp_path, ADDRESS).secrets.aws_port
    assert open_installation(tmp_path, Address("127.0.0.1", port)).secrets.aws_port != port


def test_the_note_says_how_to_sign_in_and_where_aws_is(tmp_path: Path) -> None:
    installation = open_installation(tmp_path, ADDRESS)
    installation.credentials.write_text('{"operator": "one", "admin": "two", "api_token": "three"}')
    installation.write_note(ADDRESS)
    secrets = installation.secrets
    assert json.loads(installation.note.read_text()) == {
        "url": "http://127.0.0.1:8000",
        "username": "operator",
        "password": "one",
        "users": {
            "operator": {"username": "operator", "password": "one"},
            "admin": {"username": "admin", "password": "two"},
        },
        "api_token": "three",
        "aws": {
            "endpoint_url": f"http://127.0.0.1:{secrets.aws_port}",
            "region": "us-east-1",
            "access_key_id": secrets.aws_account_id,
            "secret_access_key": secrets.aws_secret_access_key,
        },
    }
