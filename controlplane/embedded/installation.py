"""What is kept in `var/` from one start to the next, and the one file a start gives out: `signalbox.json`.

Standard library only. Everything here is for the owner's eyes: mode 0600.
"""

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from controlplane.embedded.ports import free_port, is_free
from controlplane.embedded.preflight import Address

REGION = "us-east-1"


@dataclass(frozen=True)
class Secrets:
    """What is drawn at the first start of an installation and then stays."""

    secret_key: str
    aws_account_id: str
    aws_secret_access_key: str
    aws_port: int


@dataclass(frozen=True)
class Installation:
    """The state folder of one `make run`, and its secrets."""

    var: Path
    secrets: Secrets

    @property
    def credentials(self) -> Path:
        """Where `manage.py seed` keeps the first users' passwords and the API token."""
        return self.var / "credentials.json"

    @property
    def note(self) -> Path:
        """There exactly while everything is ready: how to sign in and where the embedded AWS is."""
        return self.var / "signalbox.json"

    @property
    def aws_endpoint_url(self) -> str:
        """Where the embedded AWS answers."""
        return f"http://127.0.0.1:{self.secrets.aws_port}"

    def write_note(self, address: Address) -> None:
        """Put `signalbox.json` in place. The credentials file must be there."""
        known = json.loads(self.credentials.read_text())
        users = {name: {"username": name, "password": known[name]} for name in ("operator", "admin")}
        aws = {
            "endpoint_url": self.aws_endpoint_url,
            "region": REGION,
            "access_key_id": self.secrets.aws_account_id,
            "secret_access_key": self.secrets.aws_secret_access_key,
        }
        note = {"url": address.url, **users["operator"], "users": users, "api_token": known["api_token"], "aws": aws}
        write_private(self.note, note)


def open_installation(var: Path, address: Address) -> Installation:
    """Read what an earlier start has kept in the folder, or draw it. The port of AWS moves when it is taken."""
    kept = var / "installation.json"
    known: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    values = {**asdict(_draw()), **known}
    while values["aws_port"] == address.port or not is_free(values["aws_port"]):
        values["aws_port"] = free_port()
    if values != known:
        write_private(kept, values)
    return Installation(var, Secrets(**values))


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write the content as JSON, readable by the owner only, and put it in place at once."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
    Path(name).replace(path)


def _draw() -> Secrets:
    account_id = str(100_000_000_000 + secrets.randbelow(900_000_000_000))
    return Secrets(secrets.token_urlsafe(48), account_id, secrets.token_urlsafe(30), free_port())
