"""What every test runs with."""

import pytest
from django.conf import settings

# Tests read static files by their plain names; a manifest exists only where they were collected.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# A hash that is slow on purpose would take most of the time of a test.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

pytest_plugins = ["tests.fixtures_aws"]


def pytest_configure(config: pytest.Config) -> None:
    """Static files are served by the test client's own handler, so nothing needs to have been collected."""
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")
