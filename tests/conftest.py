"""What every test runs with."""

import atexit
import shutil
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

# Tests read static files by their plain names; a manifest exists only where they were collected.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# A hash that is slow on purpose would take most of the time of a test.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A file, so that workers started by a test see its rows; in memory where the system has a folder for that.
_database = tempfile.mkdtemp(prefix="signalbox-test-", dir=next(filter(Path.is_dir, [Path("/dev/shm")]), None))
atexit.register(shutil.rmtree, _database, ignore_errors=True)
settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"{_database}/signalbox.sqlite3"

pytest_plugins = ["tests.fixtures_aws", "tests.fixtures_stub"]


def pytest_configure(config: pytest.Config) -> None:
    """Static files are served by the test client's own handler, so nothing needs to have been collected."""
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")
