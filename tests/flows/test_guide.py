"""The guide's three transactions, from the submission to the Choice result and its reason."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from tests.fixtures_aws import EmbeddedAws, Lead
from tests.flows.conftest import Road
from tests.flows.waiting import until
from transactions.jobs import logs
from transactions.models import Transaction
from workflows import policies
from workflows.jobs import deployments as jobs
from workflows.models import Deployment
from workflows.packaging import WorkflowDefinition
from workflows.services import definitions, deployments

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


def test_its_role_may_do_what_the_page_shows_and_no_more(road: Road, embedded_aws: EmbeddedAws, client: Client) -> None:
    deployed = Deployment.objects.get(workflow__name="transaction-processor")
    role = deployed.role_arn.rpartition("/")[2]
    iam = embedded_aws.client("iam")
    allowed = iam.get_role_policy(RoleName=role, PolicyName=policies.POLICY_NAME)["PolicyDocument"]
    prefix = f"arn:aws:lambda:us-east-1:123456789012:function:{road.environment.name_prefix}"
    assert allowed["Statement"] == [
        {
            "Sid": "Invoke",
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": [f"{prefix}ProcessPurchase:live", f"{prefix}ProcessRefund:live"],
        }
    ]
    assert len(iam.list_role_policies(RoleName=role)["PolicyNames"]) == 1
    assert not iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    client.force_login(road.operator)
    page = client.get("/workflows/transaction-processor").content.decode()
    assert "in AWS exactly so" in page and f"{prefix}ProcessRefund:live" in page

    # What calls what is drawn from the same definitions.
    drawn = client.get("/functions/map/").content.decode()
    for name in ("transaction-processor", "ProcessRefund", "Invoker", "LambdaToInvoke", "GET /transactions"):
        assert name in drawn

    # An EXPRESS definition is checked and deployed like any other; the page says that running it comes later.
    text = deployed.revision.definition  # type: ignore[union-attr] # of a workflow
    express = WorkflowDefinition("quick", "Quick", "EXPRESS", {}, text, "")
    asked = deployments.request(definitions.save_workflow(express, by=None).revision, road.environment, by=None)
    until(lambda: not jobs.drain() and not Deployment.objects.filter(finished_at=None).exists())
    arn = Deployment.objects.get(pk=asked.pk, status="succeeded").resource_arn
    assert embedded_aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["type"] == "EXPRESS"
    assert "Running them from here comes later" in client.get("/workflows/quick").content.decode()


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
    assert "AWS went to ProcessPurchase; by the rules as read here it would go to ProcessRefund." in page


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
