"""A PostgreSQL server as a fixture, and one migrated SQLite file for all workers of a run to copy."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.conf import settings
from django.test import TestCase
from pytest_django import DjangoDbBlocker

from tests.databases import migrate_apart, run_postgres, wants_postgres

PATTERN = "SIGNALBOX_TEST_DATABASE_PATTERN"
LONGEST_S = 90


def pytest_configure(config: pytest.Config) -> None:
    """Migrating takes long; where several workers run, it is done once, while they still collect their tests."""
    if config.getoption("numprocesses", None) and not wants_postgres():
        os.environ[PATTERN] = migrate_apart()


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """Whether the database is there already: a copy of the one that was migrated for all."""
    pattern = Path(os.environ.get(PATTERN, "."))
    if wants_postgres() or not pattern.name:
        return bool(request.config.getoption("reuse_db"))
    end = time.monotonic() + LONGEST_S
    while not pattern.exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    shutil.copy(pattern, settings.DATABASES["default"]["TEST"]["NAME"])
    return True


@pytest.fixture(scope="module")
def kept_rows(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Rows made within `with kept_rows():` stay for every test of the module, each of which has them as they were made.

    Each test's own transaction is a savepoint in one of the module: nothing for tests of threads or other processes.
    """
    with django_db_blocker.unblock():
        atomics = TestCase._enter_atomics()  # type: ignore[attr-defined]
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        TestCase._rollback_atomics(atomics)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty database."""
    with run_postgres() as address:
        yield address
