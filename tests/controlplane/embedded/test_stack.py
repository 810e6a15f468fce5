"""Which program may see what."""

from pathlib import Path

import pytest

from controlplane.embedded.installation import Installation, open_installation
from controlplane.embedded.preflight import Address
from controlplane.embedded.stack import build_stack
from controlplane.embedded.supervisor import Program
from transactions import targets

ADDRESS = Address("127.0.0.1", 8000)
WORKERS = {"fast", "slow"}


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A fresh one."""
    return open_installation(tmp_path, ADDRESS)


@pytest.fixture
def programs(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> dict[str, Program]:
    """Every program by name, as started from a shell with settings that lead elsewhere."""
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.setenv("DATABASE_URL", "postgres://company")
    monkeypatch.setenv("REDIS_URL", "redis://company")
    monkeypatch.setenv("NO_PROXY", "intranet")
    stack = build_stack(installation, ADDRESS, Path("/run/sockets"))
    found = (*stack.backing, stack.setup, *stack.serving)
    return {program.name: program for program in found}


def test_only_workers_and_the_embedded_aws_hold_its_key(
    programs: dict[str, Program], installation: Installation
) -> None:
    key = installation.secrets.aws_secret_access_key
    holders = {name for name, program in programs.items() if key in program.environment.values()}
    assert holders == WORKERS | {"aws"}


def test_the_embedded_aws_knows_neither_secret_key_nor_database_nor_home(
    programs: dict[str, Program], installation: Installation
) -> None:
    environment = programs["aws"].environment
    assert installation.secrets.secret_key not in environment.values()
    assert not {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SIGNALBOX_VAR"} & set(environment)
    assert environment["HOME"].startswith(str(installation.var))


def test_settings_of_the_shell_lead_no_program_elsewhere(programs: dict[str, Program]) -> None:
    for program in programs.values():
        assert "AWS_PROFILE" not in program.environment
        assert not any("company" in value for value in program.environment.values())


def test_a_proxy_is_never_asked_for_what_is_on_this_machine(programs: dict[str, Program]) -> None:
    assert programs["slow"].environment["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_no_secret_is_on_a_command_line(programs: dict[str, Program], installation: Installation) -> None:
    secrets = (installation.secrets.secret_key, installation.secrets.aws_secret_access_key)
    for program in programs.values():
        assert not any(secret in part for secret in secrets for part in program.command)
        assert not any(secret in repr(program) for secret in secrets)


def test_the_workers_share_no_queue(programs: dict[str, Program]) -> None:
    queues = {name: programs[name].command[programs[name].command.index("--queues") + 1] for name in WORKERS}
    assert queues == {"fast": "fast", "slow": "slow"}


def test_hooks_may_lead_to_any_port_of_this_machine_but_our_own(
    programs: dict[str, Program], installation: Installation
) -> None:
    for name in ("web", *WORKERS):
        environment = programs[name].environment
        places = [targets.parse_place(word) for word in environment["SIGNALBOX_HOOK_PLACES"].split(",")]
        own = {installation.secrets.aws_port, int(environment["SIGNALBOX_URL"].rpartition(":")[2])}
        for host in ("127.0.0.1", "localhost", "::1"):
            let_in = {port for port in (1, 9000, 65_535, *own) if _is_in(places, host, port)}
            assert let_in == {1, 9000, 65_535}


def _is_in(places: list[targets.Place], host: str, port: int) -> bool:
    return targets.is_allowed(targets.Target("http", host, port, "/"), places)
