"""Somebody who looks at the pages of transactions, and what is live there."""

import pytest
from django.test import Client

from tests.factories import (
    DeploymentFactory,
    UserFactory,
)
from workflows.models import Deployment, User


@pytest.fixture
def operator() -> User:
    return UserFactory.create()


@pytest.fixture
def page(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def deployment() -> Deployment:
    return DeploymentFactory.create()
