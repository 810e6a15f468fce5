"""What every test runs with."""

from django.conf import settings

# Tests read static files by their plain names; a manifest exists only where they were collected.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

pytest_plugins = ["tests.fixtures_aws"]
