"""The part of the suite where the database itself decides, on PostgreSQL; `make test-postgres` runs all of it there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import wants_postgres

ROOT = Path(__file__).parents[1]
PART = (
    "tests/transactions/test_at_once.py",
    "tests/workflows/test_claims.py",
    "tests/workflows/services/test_idempotency.py",
    "tests/workflows/test_statements.py",
    "tests/controlplane/test_postgresql.py",
)


@pytest.mark.skipif(wants_postgres(), reason="all of this run is on PostgreSQL already")
def test_claims_submissions_and_keys_hold_on_postgres_too(postgres: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not long", "-p", "no:cacheprovider", *PART],
        cwd=ROOT, env={**os.environ, "TEST_DATABASE_URL": postgres}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    assert "skipped" not in ran.stdout
