"""Starts services of docker-compose.yml without containers: the command, user and environment that the file says.

Only places are exchanged, because there is no network and no mount of the engine's: host names of services, the port of
web, /run/secrets, /tmp and the image's /srv/var.
"""

import json
import os
import re
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"
RETRIES = 3
IMAGE = re.compile(r"^ENV (.*?[^\\])$", re.MULTILINE | re.DOTALL)


def services() -> dict[str, dict[str, Any]]:
    """What the file says of each service, merged as YAML merges."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text())["services"]
    return found


def secrets() -> set[str]:
    """The names of all secrets."""
    return set(yaml.safe_load(FILE.read_text())["secrets"])


def image_environment() -> dict[str, str]:
    """What the Dockerfile's last stage sets."""
    text = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    pairs = IMAGE.findall(text)[0].replace("\\\n", " ").split()
    return dict(pair.split("=", 1) for pair in pairs)


def image_health_check() -> list[str]:
    """The command of the Dockerfile's HEALTHCHECK."""
    words: list[str] = json.loads(re.findall(r"^ +CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0])
    return words


def interpolate(text: str, given: Mapping[str, str]) -> str:
    """${NAME:-default} and ${NAME:?what is missing}, as Compose reads them."""

    def value(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if given.get(name):
            return given[name]
        assert kind == "-", f"{name} has to be given: {rest}"
        return rest

    return re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, text)


@dataclass(frozen=True)
class Composition:
    """An installation: what `.env` gives, which places stand for which, and what the file does not say."""

    given: Mapping[str, str]
    places: Mapping[str, str]
    extra: Mapping[str, str] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        """Everything that the process of the service sees."""
        said = {key: interpolate(value, self.given) for key, value in services()[name]["environment"].items()}
        own = {"PATH": f"{ROOT / '.venv' / 'bin'}:{os.defpath}", "PYTHONPATH": str(ROOT)}
        shown = {**image_environment(), **said, **own, **self.extra}
        return {key: self._placed(value) for key, value in shown.items()}

    def start(self, name: str, command: list[str] | None = None, **options: Any) -> "subprocess.Popen[str]":
        """The service's own command, or another one in its place (`docker compose run`)."""
        service = services()[name]
        environment = self.environment(name)
        words = [self._placed(interpolate(word, self.given)) for word in command or service["command"]]
        # The image has it on its PATH; here it is the environment that `make install` made.
        program = str(ROOT / ".venv" / "bin" / words[0])
        return subprocess.Popen(
            [*_as(service["user"]), program, *words[1:]],
            cwd=ROOT,
            env=environment,
            text=True,
            start_new_session=True,
            **options,
        )

    def run(self, name: str, command: list[str] | None = None) -> str:
        """The same to its end; gives what it printed and fails with it when it failed."""
        process = self.start(name, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 0, printed
        return str(printed)

    def check(self, name: str) -> str:
        """The service's health check, tried again as the engine does before it calls the service unhealthy."""
        for _ in range(RETRIES - 1):
            with suppress(AssertionError):
                return self._check_once(name)
        return self._check_once(name)

    def _check_once(self, name: str) -> str:
        """The service's own check, or the image's where the service has none."""
        said = services()[name].get("healthcheck", {}).get("test") or ["CMD", *image_health_check()]
        if said[0] == "CMD":
            return self.run(name, said[1:])
        words = said[1].replace("$$HOSTNAME", socket.gethostname()).split()
        return self.run(name, words)

    def _placed(self, text: str) -> str:
        any_place = "|".join(map(re.escape, self.places))
        return re.sub(any_place, lambda match: self.places[match[0]], text)


@cache
def _as(user: str) -> list[str]:
    """What makes the command run as the file's user and without any power; only root may become somebody else.

    Where that user could not even reach this Python (in root's home), root itself is run, without any capability.
    """
    if os.geteuid() != 0:
        return []
    number, group = user.split(":")
    nothing = ["setpriv", "--no-new-privs", "--bounding-set=-all"]
    somebody = [*nothing, "--reuid", number, "--regid", group, "--clear-groups"]
    python = (ROOT / ".venv" / "bin" / "python").resolve()
    is_reached = subprocess.run([*somebody, "test", "-x", python], check=False).returncode == 0
    return somebody if is_reached else nothing
