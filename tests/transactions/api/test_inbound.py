"""Inbound hooks are made by API with everything the page can give them."""

import pytest
from django.test import Client

from tests.factories import EnvironmentFactory, UserFactory, WorkflowFactory
from transactions.models import InboundHook
from workflows.services import access

pytestmark = pytest.mark.django_db
MAPPING = "TransactionType = REFUND\nCustomerId = $.data.customer"


def test_a_hook_made_by_api_keeps_its_mapping(client: Client) -> None:
    WorkflowFactory.create(name="transaction-processor")
    EnvironmentFactory.create(slug="default")
    _, secret = access.issue_token(UserFactory.create(role="admin"), "tests", by=UserFactory.create(role="admin"))

    made = client.post(
        "/api/v1/inbound-hooks",
        {"name": "payments", "workflow": "transaction-processor", "mapping": MAPPING},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )

    assert made.status_code == 201, made.json()
    assert made.json()["mapping"] == MAPPING
    assert InboundHook.objects.get(slug="payments").mapping == MAPPING
