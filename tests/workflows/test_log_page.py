"""The page of a function's log: the order of its lines, and how they are written."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import FunctionDeploymentFactory, TriggerFactory, UserFactory
from workflows.log_lines import LogLine
from workflows.models import Deployment, LogSearch, TriggerTest

pytestmark = pytest.mark.django_db
ID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(role="viewer"))
    return client


@pytest.fixture
def live() -> Deployment:
    return FunctionDeploymentFactory.create(resource_arn="arn:aws:lambda:us-east-1:123456789012:function:x")


@pytest.mark.parametrize(("request_id", "is_oldest_first"), [("", False), (ID, True)])
def test_lines_are_newest_first_but_those_of_one_request_as_it_went(
    live: Deployment, page: Client, request_id: str, is_oldest_first: bool
) -> None:
    lines = [LogLine(timezone.now(), "a", text, ID).as_dict() for text in ("Traceback", '    File "handler.py"')]
    assert live.function is not None
    LogSearch.objects.create(
        environment=live.environment,
        function=live.function,
        range_s=3600,
        request_id=request_id,
        read_at=timezone.now(),
        lines=lines,
    )
    shown = page.get(f"/functions/ProcessPurchase/log?request={request_id}").content.decode()
    first, second = shown.index("Traceback"), shown.index('<code class="as-written">    File')
    assert (first < second) is is_oldest_first
    assert ("oldest first" in shown) is is_oldest_first


def test_the_test_of_a_trigger_leads_to_the_log_of_the_request_it_made(page: Client) -> None:
    row = TriggerFactory.create(definition={"type": "sns", "topic": "news"}, key="sns news", invoke_url="")
    answer = f"START RequestId: {ID} Version: 1\nEND RequestId: {ID}"
    test = TriggerTest.objects.create(trigger=row, status="succeeded", answer=answer, finished_at=timezone.now())
    shown = page.get(f"/trigger-tests/{test.pk}").content.decode()
    assert shown.count(f'href="/functions/{row.function.name}/log?request={ID}"') == 1


@pytest.mark.parametrize(
    ("status", "label", "told"),
    [
        ("raised", "It ran, and failed", "The function ran, and failed."),
        ("unclear", "Ran, perhaps for another call", "That run failed."),
    ],
)
def test_a_run_that_failed_or_may_be_another_calls_is_no_success(
    page: Client, status: str, label: str, told: str
) -> None:
    row = TriggerFactory.create(definition={"type": "sns", "topic": "news"}, key="sns news", invoke_url="")
    test = TriggerTest.objects.create(
        trigger=row, status=status, answer="log", error="KeyError: amount", finished_at=timezone.now()
    )
    shown = page.get(f"/trigger-tests/{test.pk}").content.decode()
    assert label in shown and told in shown and "KeyError: amount" in shown
    assert "It ran<" not in shown
