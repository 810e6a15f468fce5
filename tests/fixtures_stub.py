"""The AWS stub as fixtures: the server, and environments that lead to it."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tests.aws_stub import AwsStub, run_aws_stub
from tests.factories import EnvironmentFactory
from workflows.aws.clients import Target
from workflows.models import Environment


@pytest.fixture(scope="session")
def _listening_stub() -> Iterator[AwsStub]:
    with run_aws_stub() as stub:
        yield stub


@pytest.fixture
def aws_stub(_listening_stub: AwsStub, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsStub]:
    """An empty stub; this process holds its credentials, and embedded environments lead to it."""
    stub = _listening_stub
    stub.clear()
    settings.EMBEDDED_AWS_ENDPOINT_URL = stub.endpoint_url
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stub.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stub.secret_access_key)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    yield stub
    stub.clear()


@pytest.fixture
def stub_target(aws_stub: AwsStub) -> Target:
    """The stub as the gateway is told of it."""
    return Target("default", "us-east-1", aws_stub.endpoint_url)


@pytest.fixture
def stub_environment(db: None, aws_stub: AwsStub) -> Environment:
    """The environment `default`, leading to the stub."""
    return EnvironmentFactory.create()
