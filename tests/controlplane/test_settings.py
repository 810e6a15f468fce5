"""What the environment may say, and the one line with which a process ends that was told something wrong."""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from controlplane.environment import Settings

ROOT = Path(__file__).parents[2]
KEY = "kq7w2e9r4t1y" * 5
ENCRYPTION = f"{'e0f1g2h3i4j5k' * 3}abcd="
WHOLE = {
    "SECRET_KEY": KEY,
    "SIGNALBOX_ENCRYPTION_KEYS": ENCRYPTION,
    "ALLOWED_HOSTS": "signalbox.example",
    "DATABASE_URL": "postgres://signalbox@db/signalbox",
    "REDIS_URL": "redis://valkey:6379/0",
}
# Imports once what the settings import, which takes most of the time; a process of its own answers each question.
READER = """
import json, os, sys
import csp.constants, django.contrib.messages.constants, environ, structlog, transactions.targets

for line in sys.stdin:
    asked = json.loads(line)
    pid = os.fork()
    if pid:
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        continue
    for number, name in ((1, asked["stdout"]), (2, asked["stderr"])):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(asked["environ"])
    from controlplane import settings as s
    print(*eval(asked["show"]))
    break
"""


@dataclass(frozen=True)
class Ended:
    """How a process ended that read the settings."""

    returncode: int
    stdout: str
    stderr: str


@cache
def reader() -> "subprocess.Popen[str]":
    """The process that is asked; it ends with this one, whose end of its pipe closes."""
    environ = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", READER]
    return subprocess.Popen(
        command, env=environ, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def load(show: str, **given: str) -> Ended:
    """Read the settings in a process of their own and print some of them, a tuple as Python writes it."""
    asked = reader()
    assert asked.stdin and asked.stdout
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder) / name) for name in ("stdout", "stderr")}
        environ = {"PATH": os.environ["PATH"], **given}
        asked.stdin.write(json.dumps({"environ": environ, "show": f"({show},)", **files}) + "\n")
        status = int(asked.stdout.readline())
        said = {name: Path(file).read_text() for name, file in files.items()}
    return Ended(status, **said)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGNALBOX_PRODUCTION", "perhaps"),
        ("SIGNALBOX_PROXIES", "-1"),
        ("SIGNALBOX_LEASE_SECONDS", "0"),
        ("SIGNALBOX_LEASE_SECONDS", "999999999999"),
        ("SIGNALBOX_ENVIRONMENT_TITLE", "x" * 81),
        ("SIGNALBOX_AWS_ROLE_ARN", f"arn:aws:iam::111122223333:role/{'x' * 200}"),
        ("CONN_MAX_AGE", "a minute"),
        ("SIGNALBOX_ROUNDS", "sometimes"),
        ("REDIS_URL", "valkey.example:6379"),
        ("REDIS_URL", "redis://valkey.example:port/0"),
        ("REDIS_URL", "redis://valkey.example:6379/signalbox"),
        ("SIGNALBOX_DATABASE_PATIENCE_SECONDS", "soon"),
        ("ALLOWED_HOSTS", "https://signalbox.example"),
        ("SIGNALBOX_METRICS_PORT", "99999"),
        ("SIGNALBOX_AWS_NAME_PREFIX", "bad name/"),
        ("SIGNALBOX_AWS_EXTERNAL_ID", "a b;c"),
        ("DATABASE_URL", "mysql://user:hunter2@db/name"),
        ("DATABASE_URL", "postgres://user:hunter2@db:port/name"),
        ("DATABASE_URL", "postgres://user:hunter2@db:5432"),
        ("CSRF_TRUSTED_ORIGINS", "signalbox.example"),
        ("SIGNALBOX_AWS_ENDPOINT_URL", "127.0.0.1:4566"),
        ("SIGNALBOX_AWS_REGION", "Frankfurt"),
        ("SIGNALBOX_AWS_ACCOUNT_ID", "12345"),
        ("SIGNALBOX_AWS_ROLE_ARN", "worker"),
        ("SIGNALBOX_AWS_PERMISSIONS_BOUNDARY", "boundary"),
        ("SIGNALBOX_URL", "signalbox.example"),
        ("SIGNALBOX_HOOK_PLACES", "127.0.0.1"),
        ("SIGNALBOX_HOOK_PLACES", "127.0.0.1:9-8"),
        ("SIGNALBOX_LOG_FORMAT", "xml"),
        ("SIGNALBOX_LOG_LEVEL", "loud"),
        ("SECRET_KEY_FILE", "/nowhere/secret"),
        ("SIGNALBOX_ENCRYPTION_KEYS", "hunter2"),
    ],
)
def test_a_wrong_setting_stops_the_process_with_one_line_that_names_it(name: str, value: str) -> None:
    ended = load("0", **{name: value})
    assert ended.returncode == 1
    assert re.fullmatch(rf"Signalbox: {name}\b.*\n", ended.stderr)
    assert "hunter2" not in ended.stderr


@pytest.mark.parametrize(
    "given",
    [
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "changeme"},
        {"SECRET_KEY": KEY[:49]},
        {"SECRET_KEY": "k" * 60},
        {"SECRET_KEY": f"{KEY},changeme"},
        {"SIGNALBOX_ENCRYPTION_KEYS": ""},
        {"SIGNALBOX_ENCRYPTION_KEYS": f"{ENCRYPTION},changeme"},
        {"SIGNALBOX_ENCRYPTION_KEYS": f"{'A' * 43}="},
        {"ALLOWED_HOSTS": "*"},
        {"ALLOWED_HOSTS": ""},
        {"DATABASE_URL": ""},
        {"REDIS_URL": ""},
    ],
)
def test_production_refuses_a_default_secret_any_host_and_what_a_laptop_does_without(given: dict[str, str]) -> None:
    ended = load("0", SIGNALBOX_PRODUCTION="true", **{**WHOLE, **given})
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.startswith(f"Signalbox: {next(iter(given))}")


def test_an_account_that_is_not_the_roles_stops_the_process() -> None:
    role = "arn:aws:iam::111122223333:role/worker"
    ended = load("0", SIGNALBOX_AWS_ROLE_ARN=role, SIGNALBOX_AWS_ACCOUNT_ID="999999999999")
    assert (ended.returncode, ended.stderr) == (
        1,
        "Signalbox: SIGNALBOX_AWS_ACCOUNT_ID is another account than that of SIGNALBOX_AWS_ROLE_ARN.\n",
    )
    assert load("0", SIGNALBOX_AWS_ROLE_ARN=role, SIGNALBOX_AWS_ACCOUNT_ID="111122223333").returncode == 0


@pytest.mark.parametrize("given", ["TRUE", "True", "yes", "1"])
def test_yes_is_yes_in_any_case(given: str) -> None:
    assert load("s.EMBEDDED_AWS_IS_MENDED", SIGNALBOX_EMBEDDED_MENDS=given).stdout == "True\n"


def test_production_takes_what_is_whole() -> None:
    assert load("s.PRODUCTION", SIGNALBOX_PRODUCTION="true", **WHOLE).stdout == "True\n"


def test_every_process_of_an_installation_is_stopped_alike() -> None:
    environ = {"PATH": os.environ["PATH"], "SIGNALBOX_PRODUCTION": "true", "CELERY_SKIP_CHECKS": "true"}
    for command in (["manage.py", "migrate"], ["-m", "celery", "--app", "controlplane.clock", "beat"]):
        ended = subprocess.run(
            [sys.executable, *command], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert ended.returncode != 0
        assert ended.stderr.strip().startswith("Signalbox: SECRET_KEY"), ended.stderr
        assert ended.stderr.strip().count("\n") == 0


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgres://signalbox@127.0.0.1:1/signalbox", "Connection refused"),
        ("postgres://signalbox@127.0.0.1:1/signalbox?sslmode=bogus", "sslmode"),
    ],
)
def test_a_database_that_cannot_be_used_stops_with_one_line(address: str, said: str) -> None:
    environ = {"PATH": os.environ["PATH"], "DATABASE_URL": address, "SIGNALBOX_DATABASE_PATIENCE_SECONDS": "1"}
    ended = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode != 0 and ended.stderr.startswith("Signalbox: the database cannot be used: "), ended.stderr
    assert said in ended.stderr and ended.stderr.strip().count("\n") == 0


def test_every_documented_setting_may_be_given_by_a_file_instead(tmp_path: Path) -> None:
    documented = re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert len(documented) > 15
    for name in documented:
        file = tmp_path / name
        file.write_text(f"{name.lower()}\n")
        assert Settings({f"{name}_FILE": str(file)}).text(name) == name.lower()


def test_every_setting_that_is_read_is_documented_and_no_other() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "controlplane" / "settings.py").read_text()))
    documented = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    of_make_run = {"PORT", "SIGNALBOX_HOST"}
    of_the_address = {"DATABASE_PASSWORD"}
    assert documented - of_make_run - of_the_address == read - {"SIGNALBOX_AWS_ENDPOINT_URL"}


def test_a_file_wins_over_a_value_and_its_last_line_end_is_no_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert load("s.SECRET_KEY", SECRET_KEY_FILE=str(file), SECRET_KEY="other").stdout == f"{KEY}\n"


def test_an_older_secret_key_is_still_believed_behind_the_one_that_signs() -> None:
    shown = load("s.SECRET_KEY, s.SECRET_KEY_FALLBACKS", SECRET_KEY=f"{KEY[::-1]},{KEY}")
    assert shown.stdout == f"{KEY[::-1]} ['{KEY}']\n"


def test_the_database_s_password_may_be_apart_from_its_address(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p@ss/w:rd%\n")
    shown = load(
        "s.DATABASES['default']['PASSWORD'], s.DATABASES['default']['HOST'], s.DATABASES['default']['NAME']",
        DATABASE_URL="postgres://signalbox@db.example:5432/rows",
        DATABASE_PASSWORD_FILE=str(file),
    )
    assert shown.stdout == "p@ss/w:rd% db.example rows\n", shown.stderr


def test_an_empty_value_is_no_value() -> None:
    given = {"SIGNALBOX_PROXIES": "", "DATABASE_URL": "", "SIGNALBOX_ROUNDS": "", "SIGNALBOX_LOG_LEVEL": ""}
    assert load("s.PROXIES, s.ROUNDS", **given).stdout == "0 True\n"
