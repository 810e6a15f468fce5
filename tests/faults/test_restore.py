"""The database is lost and an older copy of it comes back, as docs/operating.md says: nothing is started again."""

import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from tests.aws_stub import AwsStub
from tests.databases import address_of, programs
from tests.faults.conftest import started, status, until
from transactions.jobs import starts, sweeps, syncs
from transactions.models import Transaction
from workflows.models import User

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]


def back_up(to: Path) -> None:
    """All rows into a file, while everything runs."""
    if connection.vendor == "sqlite":
        with sqlite3.connect(connection.settings_dict["NAME"]) as here, sqlite3.connect(to) as there:
            here.backup(there)
        return
    address = address_of(connection.settings_dict)
    subprocess.run([programs() / "pg_dump", "--format", "custom", "--file", to, address], check=True)


def restore(copy: Path) -> None:
    """The file in place of what is there, while nothing runs."""
    name = connection.settings_dict["NAME"]
    address = address_of(connection.settings_dict)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
    connection.close()
    if connection.vendor == "sqlite":
        with sqlite3.connect(copy) as there, sqlite3.connect(name) as here:
            there.backup(here)
        return
    whole = ["--exit-on-error", "--single-transaction"]
    subprocess.run([programs() / "pg_restore", *whole, "--dbname", address, copy], check=True)


def test_after_a_restore_nothing_is_started_that_was_started_before(
    operator: User, aws_stub: AwsStub, submit: Callable[[], Transaction], tmp_path: Path
) -> None:
    over, running = submit(), submit()
    back_up(tmp_path / "copy")
    starts.drain()
    until(lambda: follow(over) == "succeeded")
    assert sorted(started(aws_stub)) == sorted([str(over.pk), str(running.pk)])
    calls = len(aws_stub.executions.all())

    restore(tmp_path / "copy")
    assert {status(over), status(running)} == {"accepted"}
    for row in (over, running):
        until(lambda row=row: follow(row) == "succeeded")  # type: ignore[misc]

    assert len(aws_stub.executions.all()) == calls
    assert Transaction.objects.count() == 2


def follow(row: Transaction) -> str:
    """What workers do, once; gives the status after it."""
    starts.drain()
    starts.settle()
    sweeps.find_ended()
    syncs.drain()
    time.sleep(0.05)
    return status(row)
