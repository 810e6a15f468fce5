"""The map: what calls what, as picture and as list, and the circles in it."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import (
    DeploymentFactory,
    DriftFactory,
    EnvironmentFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    ImportFactory,
    TriggerFactory,
    UserFactory,
    WorkflowRevisionFactory,
    difference,
)
from workflows import connection_map, plans, removals, selectors, triggers
from workflows.models import Deployment, Drift, Function
from workflows.services import access

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
    FunctionDeploymentFactory.create(function_revision__function__name="ProcessRefund")

    found = {
        (wire.source.label, wire.target.label): wire.status.value for wire in connection_map.of(route.environment).wires
    }
    assert found == {
        (f"HTTP route GET {route.definition['path']} of ProcessPurchase", "Function ProcessPurchase"): "live",
        ("Workflow transaction-processor", "Function ProcessPurchase"): "defined",
        ("Workflow transaction-processor", "Function ProcessRefund"): "live",
        ("Function ProcessPurchase", "Function ProcessRefund"): "defined",
        ("Function ProcessPurchase", "Resource s3:::prices"): "defined",
    }

    FunctionRevisionFactory.create(function__name="Alone")
    assert [spot.name for spot in connection_map.of(route.environment).uncalled] == ["Alone"]
    hows = {wire.how for wire in connection_map.of(route.environment).wires}
    assert hows == {f"HTTP GET {route.definition['path']}", "a task of it", "invokes", "s3:GetObject"}

    client.force_login(UserFactory.create(role="viewer"))
    page = client.get("/functions/map/").content.decode()
    assert "Nothing calls these" in page and 'href="/functions/Alone"' in page
    assert f">HTTP GET {route.definition['path']}</text>" in page
    assert "calls it" not in page
    assert 'aria-label="Map of 5 functions, workflows, sources and resources"' in page
    assert page.count('href="/functions/ProcessPurchase#triggers"') == 2  # of the route, in the picture and in the list
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
    assert "each call may make another" in text(client.get(f"/functions/{function.name}"))


def test_the_page_and_rest_tell_what_a_function_may_call(client: Client) -> None:
    EnvironmentFactory.create()
    allowed = [
        {"actions": ["lambda:InvokeFunction"], "resources": ["${ProcessRefund}"]},
        {"actions": ["sqs:SendMessage"], "resources": [QUEUE]},
    ]
    queue = {"type": "sqs", "queue": "orders", "batch_size": 1}
    FunctionRevisionFactory.create(permissions=allowed, triggers=[queue])
    FunctionRevisionFactory.create(function__name="ProcessRefund")
    user = UserFactory.create(role="viewer")

    client.force_login(user)
    page = text(client.get("/functions/ProcessPurchase"))
    assert "May call" in page
    assert "sqs:SendMessage" in page
    assert "May call" not in text(client.get("/functions/ProcessRefund"))

    secret = access.issue_token(user, "ci", by=None)[1]
    told = client.get("/api/v1/functions/ProcessPurchase", headers={"Authorization": f"Bearer {secret}"}).json()
    assert told["calls"] == [
        {
            "kind": "function",
            "name": "ProcessRefund",
            "arn": None,
            "actions": [],
            "is_wide": False,
            "status": "defined",
        },
        {
            "kind": "sqs queue",
            "name": "orders",
            "arn": QUEUE,
            "actions": ["sqs:SendMessage"],
            "is_wide": False,
            "status": "defined",
        },
    ]
    assert told["loops"] == ["ProcessPurchase → orders → ProcessPurchase: each call may make another, without end."]


def test_the_same_route_of_two_apis_is_two_on_the_map(client: Client) -> None:
    route = {"type": "http", "method": "GET", "path": "/transactions"}
    first = TriggerFactory.create(definition=route)
    other = TriggerFactory.create(definition=route, function__name="Other")
    for row in (first, other):
        FunctionRevisionFactory.create(function=row.function, triggers=[route])
    spots = {wire.source for wire in connection_map.of(first.environment).wires}
    assert {(spot.name, spot.within) for spot in spots} == {
        ("GET /transactions", "Other"),
        ("GET /transactions", "ProcessPurchase"),
    }
    client.force_login(UserFactory.create(role="viewer"))
    assert 'aria-label="Map of 4 functions' in client.get("/functions/map/").content.decode()


def test_what_was_deleted_in_aws_is_called_live_nowhere(client: Client) -> None:
    route = TriggerFactory.create(definition={"type": "http", "method": "GET", "path": "/orders"})
    revision = FunctionRevisionFactory.create(function=route.function, triggers=[route.definition])
    deployment = FunctionDeploymentFactory.create(function_revision=revision)
    gone = [difference("Function signalbox-ProcessPurchase", "deleted in AWS")]
    row = DriftFactory.create(deployment=deployment, is_gone=True, differences=gone)
    [wire] = connection_map.of(route.environment).wires
    assert (wire.status.value, wire.target.trouble) == ("gone", "deleted in AWS")

    client.force_login(UserFactory.create(role="viewer"))
    assert f"r{revision.number} deleted in AWS" in text(client.get("/functions/ProcessPurchase"))
    for address in ("/functions/", "/functions/ProcessPurchase", "/functions/map/"):
        page = client.get(address).content.decode()
        assert "deleted in AWS" in page and not re.search(r"tone-success\">[^<]*\blive\b", page, re.IGNORECASE), address

    row.differences, row.is_gone = [difference("HTTP route GET /orders: route", "deleted in AWS")], False
    row.save()
    [wire] = connection_map.of(route.environment).wires
    assert (wire.status.value, wire.target.trouble) == ("changed", "")


def test_a_workflow_that_names_a_function_as_aws_does_is_on_the_map() -> None:
    environment = FunctionDeploymentFactory.create().environment
    FunctionDeploymentFactory.create(environment=environment, function_revision__function__name="Theirs")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:"
    ImportFactory.create(
        environment=environment, kind="function", name="Theirs", arn=f"{arn}made-elsewhere", status="succeeded"
    )
    states = {
        "One": {"Type": "Task", "Resource": f"{arn}signalbox-ProcessPurchase:live", "Next": "Two"},
        "Two": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "made-elsewhere"},
            "End": True,
        },
    }
    definition = json.dumps({"StartAt": "One", "States": states})
    WorkflowRevisionFactory.create(workflow__name="literal", definition=definition)
    wires = [wire for wire in connection_map.of(environment).wires if wire.source.name == "literal"]
    called = {wire.target.name for wire in wires}
    assert (called, {wire.status.value for wire in wires}) == ({"ProcessPurchase", "Theirs"}, {"defined"})
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:literal"
    ImportFactory.create(environment=environment, kind="workflow", name="literal", arn=machine, status="succeeded")
    wires = [wire for wire in connection_map.of(environment).wires if wire.source.name == "literal"]
    assert {wire.status.value for wire in wires} == {"found"}
    for name in called:
        assert [use.name for use in removals.uses(Function.objects.get(name=name))] == ["literal"]


def test_what_gets_what_could_not_be_handled_is_on_the_map() -> None:
    revision = FunctionRevisionFactory.create(dead_letter_arn=QUEUE, on_failure_arn=QUEUE)
    environment = FunctionDeploymentFactory.create(function_revision=revision).environment
    [wire] = connection_map.of(environment).wires
    assert (wire.target.arn, wire.how, wire.status.value) == (QUEUE, "sqs:SendMessage", "live")


def test_what_may_be_called_and_is_not_here_is_not_live(client: Client) -> None:
    calls = {"actions": ["lambda:InvokeFunction"], "resources": ["${NoSuch}"]}
    deployment = FunctionDeploymentFactory.create(function_revision__permissions=[calls])
    [wire] = connection_map.of(deployment.environment).wires
    assert (wire.status.value, wire.target.name, wire.target.href) == ("defined", "NoSuch", "")
    assert wire.target.trouble == "no function here has this name"

    client.force_login(UserFactory.create(role="viewer"))
    for address in (f"/functions/{deployment.function}", "/functions/map/"):
        page = client.get(address).content.decode()
        assert "no function here has this name" in page and "/functions/NoSuch" not in page, address


def test_an_installation_without_functions_says_what_to_do_first(client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    assert "Nothing calls anything yet" in text(client.get("/functions/map/"))


def test_what_has_lost_its_role_is_live_neither_on_the_map_nor_in_the_plan_nor_in_its_policy(client: Client) -> None:
    role = "signalbox-function-ProcessPurchase"
    live = FunctionDeploymentFactory.create(policy={"Version": "2012-10-17", "Statement": []})
    DeploymentFactory.create(environment=live.environment)
    DriftFactory.create(deployment=live, differences=[difference(f"Role {role}", "deleted in AWS")])
    [wire] = [one for one in connection_map.of(live.environment).wires if one.target.name == "ProcessPurchase"]
    assert (wire.status.label, wire.target.trouble) == ("Its role is gone in AWS", "its role is deleted")
    assert live.function_revision is not None
    lines = {line.what: line for line in plans.plan(live.function_revision, live, live.environment)}
    assert lines[f"Role /signalbox/{role}"].verb == lines["Its permissions"].verb == "create"
    policy = selectors.planned_policy(live.function_revision, live.environment)
    Deployment.objects.filter(pk=live.pk).update(policy=policy)
    client.force_login(UserFactory.create(role="viewer"))
    shown = text(client.get("/functions/ProcessPurchase"))
    assert "exactly so" not in shown and "its role was deleted in AWS" in shown
    assert "its role is deleted" in text(client.get("/functions/map/"))
    Drift.objects.update(differences=[difference("Permissions of the role", "{}")])
    shown = text(client.get("/functions/ProcessPurchase"))
    assert "exactly so" not in shown and "AWS has another" in shown
    Drift.objects.all().delete()
    assert "exactly so" in text(client.get("/functions/ProcessPurchase"))


HERE = "us-east-1:123456789012"
BUCKET = {"type": "s3", "bucket": "uploads", "prefix": "in/", "suffix": ".csv"}
RULE = {"type": "eventbridge", "name": "bought", "pattern": {"source": ["shop"]}}
TOLD = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["uploads"]}}}


@pytest.mark.parametrize(
    ("trigger", "action", "resource", "is_flagged"),
    [
        (BUCKET, "s3:PutObject", "arn:aws:s3:::up*", True),
        (BUCKET, "s3:*", "arn:aws:s3:::uploads/in/*", True),
        (BUCKET, "s3:PutObject", "arn:aws:s3:::uploads/out/*", False),
        (BUCKET, "s3:GetObject", "*", False),
        (BUCKET, "s3:GetObject", "arn:aws:s3:::uploads/*", False),
        ({"type": "sqs", "queue": "orders"}, "sqs:Send*", f"arn:aws:sqs:{HERE}:*", True),
        ({"type": "sqs", "queue": "orders"}, "sqs:SendMessage", f"arn:aws:sqs:{HERE}:other-*", False),
        ({"type": "sns", "topic": "news"}, "sns:Publish", "*", True),
        ({"type": "dynamodb", "table": "orders"}, "dynamodb:PutItem", f"arn:aws:dynamodb:{HERE}:table/*", True),
        (RULE, "events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default", True),
        (RULE, "events:PutEvents", f"arn:aws:events:{HERE}:event-bus/other", False),
        (RULE | {"pattern": TOLD}, "events:PutEvents", "*", False),
        (RULE | {"pattern": TOLD}, "s3:PutObject", "arn:aws:s3:::uploads/*", True),
        (RULE | {"pattern": TOLD}, "s3:PutObject", "arn:aws:s3:::others/*", False),
        (None, "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:signalbox-*", True),
        (None, "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:other-*", False),
    ],
)
def test_what_a_wildcard_or_a_bus_hides_is_perhaps_a_circle(
    trigger: dict[str, Any] | None, action: str, resource: str, is_flagged: bool
) -> None:
    environment = EnvironmentFactory.create()
    function = FunctionRevisionFactory.create(
        permissions=[{"actions": [action], "resources": [resource]}],
        triggers=[triggers.read(trigger).as_dict()] if trigger else [],
    ).function
    loops = connection_map.of(environment).loops_of(function.name)
    assert [(loop.title, f"{function} may {action} on {resource}." in str(loop)) for loop in loops] == (
        [("Perhaps a circle", True)] if is_flagged else []
    )


def test_a_circle_through_another_function_and_a_workflow_is_told_with_its_way(client: Client) -> None:
    environment = EnvironmentFactory.create()
    WorkflowRevisionFactory.create()
    starts = [{"actions": ["states:StartExecution"], "resources": [f"arn:aws:states:{HERE}:stateMachine:signalbox-*"]}]
    FunctionRevisionFactory.create(permissions=starts)
    [loop] = connection_map.of(environment).loops
    assert str(loop).startswith("ProcessPurchase → transaction-processor → ProcessPurchase: perhaps")
    client.force_login(UserFactory.create(role="viewer"))
    shown = text(client.get("/functions/map/"))
    assert "Perhaps a circle" in shown and "wildcards" in shown
    page = text(client.get("/functions/ProcessPurchase"))
    assert "Perhaps a circle" in page and "wildcards" in page


def test_what_calls_in_aws_now_is_drawn_solid_whatever_becomes_of_it() -> None:
    leaving, _, edited = (
        TriggerFactory.create(definition={"type": "http", "method": "GET", "path": path}, status=status)
        for path, status in (("/old", "live"), ("/never", "failed"), ("/orders", "live"))
    )
    new = {"type": "http", "method": "GET", "path": "/new"}
    revision = FunctionRevisionFactory.create(
        function=leaving.function, triggers=[new, edited.definition | {"cors": ["https://shop.example"]}]
    )
    place = leaving.environment
    deployment = FunctionDeploymentFactory.create(environment=place, function_revision=revision)
    workflow = WorkflowRevisionFactory.create().workflow
    arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{workflow.name}"
    ImportFactory.create(environment=place, kind="workflow", name=workflow.name, arn=arn, status="succeeded")

    def drawn() -> dict[str, tuple[str, bool]]:
        wires = connection_map.of(place).wires
        return {one.source.name: (one.status.value, one.is_live) for one in wires if not one.target.trouble}

    assert drawn() == {
        "GET /new": ("defined", False),
        "GET /old": ("leaving", True),
        "GET /never": ("leaving", False),
        "GET /orders": ("edited", True),
        workflow.name: ("found", True),
    }
    picture = connection_map.of(place).picture
    # Line and label of two routes, and of a function of the workflow that is not here.
    assert picture.count("graph-edge-catch") == 2 * 3
    DriftFactory.create(
        deployment=deployment, is_gone=True, differences=[difference("Function signalbox-ProcessPurchase", "deleted")]
    )
    assert not any(wire.is_live for wire in connection_map.of(place).wires)


@pytest.mark.parametrize(
    ("type_", "by", "made", "is_made"),
    [
        ("sqs", "queue", "orders", "signalbox-orders"),
        ("sns", "topic", "news", "signalbox-news"),
        ("dynamodb", "table", "prices", "signalbox-prices"),
        ("s3", "bucket", "uploads", "signalbox-uploads"),
    ],
)
def test_a_source_that_two_functions_name_differently_is_one_on_the_map(
    type_: str, by: str, made: str, is_made: str
) -> None:
    environment = EnvironmentFactory.create()
    for name, given in (("One", {by: made, "create": True}), ("Other", {by: is_made}), ("Third", {by: made})):
        whole = triggers.read({"type": type_, **given}).as_dict()
        FunctionRevisionFactory.create(function__name=name, triggers=[whole])
    called = {wire.target.name: wire.source for wire in connection_map.of(environment).wires}
    assert called["One"] == called["Other"] != called["Third"]
    assert called["One"].name == is_made and called["Third"].name == made


def test_two_notifications_of_one_bucket_are_told_apart() -> None:
    environment = EnvironmentFactory.create()
    given = [BUCKET, {"type": "s3", "bucket": "uploads", "prefix": "new/"}]
    FunctionRevisionFactory.create(triggers=[triggers.read(one).as_dict() for one in given])
    said = sorted(wire.how for wire in connection_map.of(environment).wires)
    assert said == ["in/*.csv ObjectCreated", "new/* ObjectCreated"]


def test_what_a_newer_revision_may_call_as_the_live_one_does_is_live() -> None:
    bucket = "arn:aws:s3:::prices"
    kept, more = ({"actions": [one], "resources": [bucket]} for one in ("s3:GetObject", "s3:PutObject"))
    live = FunctionDeploymentFactory.create(function_revision__permissions=[kept])

    def statuses(number: int, *permissions: dict[str, Any]) -> dict[str, tuple[str, bool]]:
        FunctionRevisionFactory.create(function=live.function, number=number, permissions=list(permissions))
        wires = connection_map.of(live.environment).wires
        return {one.target.arn: (one.status.value, one.is_live) for one in wires}

    assert statuses(500, kept, {"actions": ["sqs:SendMessage"], "resources": [QUEUE]}) == {
        bucket: ("live", True),
        QUEUE: ("defined", False),
    }
    assert statuses(501, kept, more) == {bucket: ("defined", False)}
