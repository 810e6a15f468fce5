"""A PostgreSQL server as a fixture, for what a test starts itself, whatever database its own rows are in."""

from collections.abc import Iterator

import pytest

from tests.databases import run_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty database."""
    with run_postgres() as address:
        yield address
