"""What every test runs with."""

import gc

import hypothesis
import pytest
from django.conf import settings

from tests import databases, examples

# Tests read static files by their plain names; a manifest exists only where they were collected.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# A test makes many clients, and each would look through every static file there is before its first request.
settings.WHITENOISE_AUTOREFRESH = True
# A hash that is slow on purpose would take most of the time of a test.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Looking for cycles among all that was imported is a tenth of a run.
gc.set_threshold(100_000, 50, 100)

# How long an example takes says more of what else the machine does than of the code.
hypothesis.settings.register_profile(
    "signalbox",
    deadline=None,
    max_examples=50 * examples.TIMES,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("signalbox")

databases.choose(settings.DATABASES["default"])

pytest_plugins = ["tests.fixtures_aws", "tests.fixtures_broker", "tests.fixtures_database", "tests.fixtures_stub"]


def pytest_configure(config: pytest.Config) -> None:
    """Static files are served by the test client's own handler, so nothing needs to have been collected."""
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")
