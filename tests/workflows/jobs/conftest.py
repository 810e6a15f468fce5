"""Jobs run against the embedded AWS, in an environment of the test's own prefix."""

import secrets

import pytest
from django.conf import LazySettings

from tests.fixtures_aws import EmbeddedAws
from workflows.aws import clients
from workflows.models import Environment
from workflows.services import environments


@pytest.fixture
def environment(
    db: None, embedded_aws: EmbeddedAws, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Environment:
    """The default environment, leading to the embedded AWS with the worker's own credentials."""
    settings.EMBEDDED_AWS_ENDPOINT_URL = embedded_aws.endpoint_url
    settings.DEFAULT_ENVIRONMENT |= {"is_embedded": True, "name_prefix": f"t{secrets.token_hex(3)}-", "account_id": ""}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", embedded_aws.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", embedded_aws.secret_access_key)
    clients.forget()
    return environments.ensure_default()
