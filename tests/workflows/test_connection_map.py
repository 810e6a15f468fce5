"""The map: what calls what, as picture and as list, and the circles in it."""

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import DeploymentFactory, EnvironmentFactory, FunctionRevisionFactory, TriggerFactory, UserFactory
from workflows import connection_map

pytestmark = pytest.mark.django_db
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"


def test_the_map_tells_what_calls_and_what_is_called(client: Client) -> None:
    DeploymentFactory.create()
    route = TriggerFactory.create()
    allowed = [
        {"actions": ["lambda:InvokeFunction"], "resources": ["${ProcessRefund}"]},
        {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::prices/*"]},
    ]
    FunctionRevisionFactory.create(function=route.function, triggers=[route.definition], permissions=allowed)
    FunctionRevisionFactory.create(function__name="ProcessRefund")

    found = {
        (wire.source.label, wire.target.label): wire.status.value for wire in connection_map.of(route.environment).wires
    }
    assert found == {
        (f"HTTP route GET {route.definition['path']}", "Function ProcessPurchase"): "live",
        ("Workflow transaction-processor", "Function ProcessPurchase"): "live",
        ("Workflow transaction-processor", "Function ProcessRefund"): "live",
        ("Function ProcessPurchase", "Function ProcessRefund"): "defined",
        ("Function ProcessPurchase", "Resource s3:::prices"): "defined",
    }

    client.force_login(UserFactory.create(role="viewer"))
    page = client.get("/functions/map/").content.decode()
    assert 'aria-label="Map of 5 functions, workflows, sources and resources"' in page
    assert 'href="/functions/ProcessRefund"' in page and 'href="/workflows/transaction-processor"' in page


def test_a_function_that_fills_the_queue_it_reads_is_a_circle(client: Client) -> None:
    EnvironmentFactory.create()
    sends = [{"actions": ["sqs:SendMessage"], "resources": [QUEUE]}]
    function = FunctionRevisionFactory.create(permissions=sends).function
    client.force_login(UserFactory.create(role="developer"))
    saved = client.post(
        f"/functions/{function.name}/triggers/new?type=sqs", {"/queue": "orders", "/batch_size": "1"}, follow=True
    )
    assert "ProcessPurchase → orders → ProcessPurchase: each call may make another" in text(saved)
    assert "each call may make another" in text(client.get("/functions/map/"))


def test_an_installation_without_functions_says_what_to_do_first(client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    assert "Nothing calls anything yet" in text(client.get("/functions/map/"))
