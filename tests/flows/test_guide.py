"""The guide's three transactions, from the submission to the Choice result and its reason."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from tests.fixtures_aws import EmbeddedAws, Lead
from tests.flows.conftest import Road
from transactions.jobs import logs
from transactions.models import Transaction
from workflows.models import Deployment

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]


def body(kind: str) -> str:
    return json.dumps({"TransactionType": kind, "CustomerId": "C-7", "Amount": 12.5})


def choices(row: Transaction) -> list[tuple[str, str, object, bool]]:
    return [(one.state, one.next, one.rule, one.agrees) for one in row.execution.choices.all()]


def test_each_type_takes_its_branch_for_the_reason_its_rule_gives(road: Road, client: Client) -> None:
    purchase, refund, other = (road.run(body(kind)) for kind in ("PURCHASE", "REFUND", "OTHER"))

    assert (purchase.status, refund.status, other.status) == ("succeeded", "succeeded", "failed")
    assert json.loads(purchase.output or "")["Message"] == "The purchase was processed."
    assert other.error == "States.NoChoiceMatched"
    assert choices(purchase) == [("ProcessTransaction", "ProcessPurchase", 0, True)]
    assert choices(refund) == [("ProcessTransaction", "ProcessRefund", 1, True)]
    assert choices(other) == [("ProcessTransaction", "", None, True)]

    test = purchase.execution.choices.get().rules[0]["test"]
    assert (test["variable"], test["operator"], test["expected"], test["actual"], test["matched"]) == (
        "$.TransactionType",
        "StringEquals",
        "PURCHASE",
        "PURCHASE",
        True,
    )
    assert [visit.state for visit in refund.execution.visits.all()] == ["ProcessTransaction", "ProcessRefund"]
    assert refund.execution.events.count() > 5

    client.force_login(road.operator)
    page = client.get(f"/transactions/{purchase.pk}").content.decode()
    assert "ProcessPurchase" in page
    assert "&quot;PURCHASE&quot; equals &quot;PURCHASE&quot;" in page


def test_the_lines_its_functions_logged_are_read_when_somebody_looks(road: Road, client: Client) -> None:
    row = road.run(body("PURCHASE"))
    client.force_login(road.operator)
    assert "Being read." in client.get(f"/transactions/{row.pk}/logs").content.decode()
    logs.drain()
    page = client.get(f"/transactions/{row.pk}/logs").content.decode()
    assert "REPORT RequestId:" in page
    assert "by time" in page
    request_id = json.loads(row.output or "")["RequestId"]
    assert request_id in page


def test_a_history_that_the_rules_contradict_shows_what_aws_did_and_warns(road: Road, client: Client) -> None:
    row = road.start(road.submit(body("PURCHASE")))
    # As if another definition were deployed under the same name behind our back: our record has its rules exchanged.
    ours = row.execution.definition_run.replace('"PURCHASE"', '"-"').replace('"REFUND"', '"PURCHASE"')
    Deployment.objects.filter(pk=row.deployment_id).update(definition=ours.replace('"-"', '"REFUND"'))

    row = road.finish(row)

    assert row.status == "succeeded"
    told = row.execution.choices.get().as_dict()
    assert (told["next"], told["explained_next"], told["agrees"]) == ("ProcessPurchase", "ProcessRefund", False)
    client.force_login(road.operator)
    page = client.get(f"/transactions/{row.pk}").content.decode()
    assert "AWS went to ProcessPurchase; the rules as read here lead to ProcessRefund." in page


@pytest.mark.long
def test_an_embedded_aws_without_mends_is_read_as_well(
    another_embedded_aws: Callable[..., EmbeddedAws], lead_to: Lead
) -> None:
    road = Road(lead_to(another_embedded_aws(mends=False))).deploy_all()
    purchase, refund, other = (road.run(body(kind)) for kind in ("PURCHASE", "REFUND", "OTHER"))
    assert (purchase.status, refund.status, other.status) == ("succeeded", "succeeded", "failed")
    assert choices(purchase) == [("ProcessTransaction", "ProcessPurchase", 0, True)]
    assert choices(refund) == [("ProcessTransaction", "ProcessRefund", 1, True)]
    # It records no link between events, and the trace says so.
    assert purchase.execution.links != "recorded"
