"""Testing a trigger over REST: asked for once, read until it is over."""

import pytest

from tests.factories import EnvironmentFactory, TriggerFactory
from tests.workflows.api.conftest import Asker, asker
from workflows import triggers
from workflows.models import Trigger, TriggerTest

pytestmark = pytest.mark.django_db


@pytest.fixture
def trigger() -> Trigger:
    row: Trigger = TriggerFactory.create()
    return row


def address(row: Trigger) -> str:
    return f"functions/{row.function.name}/triggers/{triggers.read(row.definition).id}/tests"


def test_a_test_is_asked_for_once_and_read(developer: Asker, trigger: Trigger) -> None:
    asked = developer.post(address(trigger), None, 202)
    assert developer.post(address(trigger), None, 202)["id"] == asked["id"]
    assert (asked["status"], asked["function"], asked["sent"]) == ("requested", trigger.function.name, None)
    TriggerTest.objects.update(status="succeeded", sent="GET /orders", answer="200")
    told = developer.get(f"trigger-tests/{asked['id']}")
    assert (told["status"], told["sent"], told["answer"]) == ("succeeded", "GET /orders", "200")
    assert told["error"] is None
    TriggerTest.objects.update(status="raised", error="KeyError: 'id'")
    told = developer.get(f"trigger-tests/{asked['id']}")
    assert (told["status"], told["error"]) == ("raised", "KeyError: 'id'")


def test_what_is_not_live_is_409_and_what_is_not_there_404(developer: Asker, trigger: Trigger) -> None:
    Trigger.objects.update(status="pending")
    assert "Deploy the function first" in developer.post(address(trigger), None, 409)["detail"]
    developer.post(f"functions/{trigger.function.name}/triggers/none/tests", None, 404)
    EnvironmentFactory.create(slug="other")
    developer.post(f"{address(trigger)}?environment=other", None, 404)
    assert developer.ask("GET", "trigger-tests/99").status_code == 404
    assert not TriggerTest.objects.exists()


def test_a_token_bound_elsewhere_neither_asks_nor_reads(trigger: Trigger, developer: Asker) -> None:
    asked = developer.post(address(trigger), None, 202)
    elsewhere = asker(environments=["other"])
    elsewhere.post(address(trigger), None, 403)
    assert elsewhere.ask("GET", f"trigger-tests/{asked['id']}").status_code == 404
    assert asker(workflows=["one"]).ask("GET", f"trigger-tests/{asked['id']}").status_code == 403


def test_it_is_tested_with_what_is_said(developer: Asker, trigger: Trigger) -> None:
    refused = developer.post(address(trigger), {"payload": "a=1 2"}, 422)
    assert refused["errors"] == [
        {
            "path": "/payload",
            "message": "A query has no blanks, line breaks or “#”: name=value&name=value, with %20 for a blank.",
        }
    ]
    developer.post(address(trigger), {"payload": "id=1"}, 202)
    assert TriggerTest.objects.get().payload == "id=1"


def test_json_is_sent_as_it_was_written(developer: Asker) -> None:
    row = TriggerFactory.create(
        definition=triggers.read({"type": "sqs", "queue": "orders"}).as_dict(),
        key="sqs",
        invoke_url="",
        owns_source=True,
    )
    developer.post(address(row), {"payload": {"amount": 1.50}}, 202)
    assert TriggerTest.objects.get().payload == '{"amount": 1.5}'


def test_nothing_is_put_into_what_belongs_to_others(developer: Asker) -> None:
    sqs = triggers.read({"type": "sqs", "queue": "theirs"}).as_dict()
    row = TriggerFactory.create(definition=sqs, key="sqs", invoke_url="", owns_source=False)
    assert "was not made here" in developer.post(address(row), None, 409)["detail"]
    assert not TriggerTest.objects.exists()
