"""The REST of invocations: asked for, read, and refused by name of the member that is wrong."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import FunctionDeploymentFactory, InvocationFactory, UserFactory, list_prices
from workflows.models import Deployment, Invocation
from workflows.services import access

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/functions/ProcessPurchase/invocations"


@pytest.fixture
def live() -> Deployment:
    list_prices()
    return FunctionDeploymentFactory.create()


@pytest.fixture
def api() -> Client:
    user = UserFactory.create(role="developer")
    secret = access.issue_token(user, "ci", by=user)[1]
    return Client(headers={"Authorization": f"Bearer {secret}"})


def post(api: Client, body: str, address: str = ADDRESS) -> Any:
    return api.post(address, body, content_type="application/json")


def test_an_invocation_is_accepted_and_can_be_read(live: Deployment, api: Client) -> None:
    asked = post(api, '{"payload": {"amount": 1.10}, "type": "RequestResponse"}')
    assert asked.status_code == 202
    row = Invocation.objects.get(pk=asked.json()["id"])
    assert row.payload == '{"amount":1.10}'
    told = api.get(f"/api/v1/invocations/{row.pk}")
    assert (told.status_code, told.json()["status"]) == (200, "requested")


def test_a_repeated_key_gives_the_same_answer_and_without_one_each_is_new(live: Deployment, api: Client) -> None:
    with_key = {"Idempotency-Key": "k1"}
    answers = [
        api.post(ADDRESS, '{"payload": 1}', content_type="application/json", headers=headers)
        for headers in (with_key, with_key, {}, {})
    ]
    assert len({answer.json()["id"] for answer in answers}) == 3
    assert answers[0].content == answers[1].content


def test_an_event_that_lambda_took_is_queued(live: Deployment, api: Client) -> None:
    row = InvocationFactory.create(deployment=live, type="Event", status="succeeded", finished_at=timezone.now())
    assert api.get(f"/api/v1/invocations/{row.pk}").json()["status"] == "queued"


def test_what_came_of_it_is_told_number_for_number(live: Deployment, api: Client) -> None:
    row = InvocationFactory.create(
        deployment=live,
        status="succeeded",
        result='{"amount":1.10}',
        log_tail="START\n",
        duration_ms=Decimal("12.50"),
        billed_ms=13,
        memory_mb=36,
        memory_size_mb=128,
        finished_at=timezone.now(),
    )
    answer = api.get(f"/api/v1/invocations/{row.pk}")
    assert b'"result":{"amount":1.10}' in answer.content
    told = answer.json()
    assert (told["log_tail"], told["duration_ms"], told["billed_ms"], told["memory_mb"]) == ("START\n", 12.5, 13, 36)
    # 13 ms of an eighth of a GB, and one request
    assert told["cost"] == pytest.approx(0.0000002 + 0.013 * 0.125 * 0.0000166667)
    assert (told["currency"], told["error"]) == ("USD", None)


def test_an_error_has_its_type_message_and_stack_whatever_the_runtime(live: Deployment, api: Client) -> None:
    python = '{"errorType": "KeyError", "errorMessage": "\'a\'", "stackTrace": ["  File \\"handler.py\\"\\n"]}'
    node = '{"errorType": "TypeError", "errorMessage": "no", "trace": ["TypeError: no"]}'
    for text, trace in ((python, ['  File "handler.py"']), (node, ["TypeError: no"]), ('"odd"', [])):
        row = InvocationFactory.create(deployment=live, status="failed", error=text, finished_at=timezone.now())
        told = api.get(f"/api/v1/invocations/{row.pk}").json()["error"]
        assert set(told) == {"errorType", "errorMessage", "stackTrace"}
        assert told["stackTrace"] == trace


def test_without_a_body_of_its_own_the_payload_is_an_empty_object(live: Deployment, api: Client) -> None:
    assert post(api, "{}").json()["payload"] == {}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"payload": {"a": 1, "a": 2}}', "/payload"),
        ('{"payload": {}, "type": "DryRun"}', "/type"),
        ('{"payload": {}, "speed": 1}', "/speed"),
        ('{"payload": {}, "environment": "nowhere"}', "/environment"),
    ],
)
def test_a_refusal_names_the_member_and_leaves_nothing(live: Deployment, api: Client, body: str, path: str) -> None:
    answer = post(api, body)
    assert answer.status_code in (400, 422)
    assert [one["path"] for one in answer.json()["errors"]] == [path]
    assert not Invocation.objects.exists()


def test_what_is_not_there_is_404(live: Deployment, api: Client) -> None:
    assert post(api, "{}", "/api/v1/functions/Nothing/invocations").status_code == 404
    for pk in (999_999, 10**30):
        assert api.get(f"/api/v1/invocations/{pk}").status_code == 404


def test_what_is_not_deployed_says_so(live: Deployment, api: Client) -> None:
    Deployment.objects.update(is_live=False)
    answer = post(api, json.dumps({"payload": {}}))
    assert answer.status_code == 422
    assert "Deploy it first" in answer.content.decode()


def test_one_may_wait_for_it_no_longer(live: Deployment, api: Client) -> None:
    row = InvocationFactory.create(deployment=live, status="requested")
    left = api.post(f"/api/v1/invocations/{row.pk}/leave")
    assert (left.status_code, left.json()["status"]) == (200, "failed")
    assert left.json()["error"]["errorType"] == "NotSent"
    again = api.post(f"/api/v1/invocations/{row.pk}/leave")
    assert again.json() == left.json()
    assert api.post("/api/v1/invocations/999999/leave").status_code == 404


def test_those_of_a_function_are_listed_newest_first_and_page_by_page(live: Deployment, api: Client) -> None:
    first, second, third = (InvocationFactory.create(deployment=live).pk for _ in range(3))
    page = api.get(f"{ADDRESS}?limit=2").json()
    assert [one["id"] for one in page["results"]] == [third, second]
    rest = api.get(f"{ADDRESS}?limit=2&cursor={page['next']}").json()
    assert ([one["id"] for one in rest["results"]], rest["next"]) == ([first], None)
    assert api.get(f"{ADDRESS}?environment=nowhere").status_code == 422
    assert api.get(ADDRESS.replace("ProcessPurchase", "Nothing")).status_code == 404


def test_a_payload_is_kept_replaced_by_name_listed_and_deleted(live: Deployment, api: Client) -> None:
    address = ADDRESS.replace("invocations", "payloads")
    kept = post(api, '{"name": "large", "payload": {"amount": 1.10}}', address)
    assert (kept.status_code, kept.content.count(b":1.10")) == (201, 1)
    assert post(api, '{"name": "large", "payload": {"amount": 2}}', address).json()["id"] == kept.json()["id"]
    post(api, '{"name": "a", "payload": null}', address)
    listed = api.get(address).json()["results"]
    assert [(one["name"], one["payload"]) for one in listed] == [("a", None), ("large", {"amount": 2})]
    assert api.delete(f"{address}/{kept.json()['id']}").status_code == 204
    assert api.delete(f"{address}/{kept.json()['id']}").status_code == 404
    refused = post(api, '{"name": "  ", "payload": 1}', address)
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "/name")
