"""What somebody changes in AWS by hand is seen, and either taken as it is or put back; end to end."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import PASSWORD, UserFactory
from tests.fixtures_aws import ACCOUNT
from tests.flows.drifting import OLD, Changed, machine, told
from tests.flows.waiting import until
from workflows import packaging, triggers
from workflows.jobs import drift as comparing
from workflows.jobs.drift import functions
from workflows.models import Activity, Deployment, Drift, FunctionRevision
from workflows.policies import trust
from workflows.services import access, definitions, drift

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

NEW = packaging.zip_of([("handler.py", b"def handler(event, context):\n    return 'new'\n", False)])


def test_what_is_as_it_was_deployed_is_level(changed: Changed) -> None:
    changed.compare()
    for row in Drift.objects.all():
        assert (row.differences, row.differs, row.problem) == ([], False, "")
        assert row.checked_at


def test_a_changed_function_is_seen_accepted_and_level_again(changed: Changed) -> None:
    changed.functions.update_function_configuration(
        FunctionName=changed.name, MemorySize=256, Environment={"Variables": {"TOKEN": "by hand"}}
    )
    changed.functions.update_function_code(FunctionName=changed.name, ZipFile=NEW.content)
    changed.compare()
    seen = changed.of_function()
    assert list(told(seen)) == ["Code", "Memory", "Environment TOKEN"]
    assert told(seen)["Memory"] == ("128 MB", "256 MB")
    assert not changed.of_workflow().differs

    first_seen = seen.differs_since
    changed.compare()
    assert changed.of_function().differs_since == first_seen

    drift.accept(seen, "more memory for the sale", seen=seen.fingerprint, by=changed.person)
    until(lambda: comparing.drain() == 0)
    changed.work()
    newest = FunctionRevision.objects.filter(function=changed.revision.function).order_by("-number")[0]
    assert (newest.number, newest.memory_mb, newest.environment) == (2, 256, {"TOKEN": "by hand"})
    assert bytes(newest.package) == NEW.content
    assert (newest.created_by, newest.note) == (changed.person, "more memory for the sale")
    live = Deployment.objects.get(function=changed.revision.function, is_live=True)
    assert (live.revision, live.requested_by) == (newest, changed.person)
    assert changed.invoke() == "new"
    changed.compare()
    assert not changed.of_function().differs
    assert {"drift.accept", "function.save", "deployment.request"} <= set(
        Activity.objects.filter(by=changed.person).values_list("action", flat=True)
    )


def test_a_changed_machine_is_seen_and_put_back_by_deploying_again(changed: Changed) -> None:
    arn = changed.machine_deployment.resource_arn
    changed.machines.update_state_machine(stateMachineArn=arn, definition=machine("by hand", "${Drifter}"))
    changed.compare()
    seen = changed.of_workflow()
    assert list(told(seen)) == ["Definition"]
    assert "by hand" in told(seen)["Definition"][1]
    changed.deploy(changed.flow)
    assert not changed.of_workflow().differs
    assert "as deployed" in changed.machines.describe_state_machine(stateMachineArn=arn)["definition"]
    changed.compare()
    assert not changed.of_workflow().differs


@pytest.mark.long
def test_an_accepted_definition_names_its_functions_again(changed: Changed) -> None:
    arn = changed.machine_deployment.resource_arn
    now = changed.machines.describe_state_machine(stateMachineArn=arn)["definition"]
    changed.machines.update_state_machine(stateMachineArn=arn, definition=now.replace("as deployed", "by hand"))
    changed.compare()
    seen = changed.of_workflow()
    drift.accept(seen, "", seen=seen.fingerprint, by=changed.person)
    until(lambda: comparing.drain() == 0)
    changed.work()
    newest = changed.flow.workflow.revisions.order_by("-number")[0]
    assert newest.definition == machine("by hand", "${Drifter}")
    assert not changed.of_workflow().differs
    changed.compare()
    assert not changed.of_workflow().differs


@pytest.mark.long
def test_what_was_deleted_in_aws_is_told_and_comes_back_with_a_deployment(changed: Changed) -> None:
    changed.functions.delete_function(FunctionName=changed.name)
    changed.machines.delete_state_machine(stateMachineArn=changed.machine_deployment.resource_arn)
    changed.compare()
    for row in Drift.objects.all():
        assert (row.is_gone, row.can_be_accepted) == (True, False)
    with pytest.raises(drift.NothingToAccept):
        drift.accept(changed.of_function(), "", seen=changed.of_function().fingerprint, by=changed.person)
    changed.deploy(changed.revision)
    assert (changed.of_function().is_gone, changed.of_function().differs) == (False, False)


def test_an_alias_moved_and_a_policy_changed_are_seen(changed: Changed) -> None:
    changed.functions.update_function_configuration(FunctionName=changed.name, Timeout=20)
    version = changed.functions.publish_version(FunctionName=changed.name)["Version"]
    changed.functions.update_alias(FunctionName=changed.name, Name="live", FunctionVersion=version)
    iam = changed.aws.client("iam")
    role = changed.function_deployment.role_arn.rpartition("/")[2]
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="signalbox", PolicyDocument=json.dumps(wide))
    changed.compare()
    seen = told(changed.of_function())
    assert list(seen) == ["Timeout", "Alias live", "Permissions of the role"]
    assert seen["Alias live"] == ("version 1", f"version {version}")
    changed.deploy(changed.revision)
    changed.compare()
    assert not changed.of_function().differs


def test_what_was_added_in_aws_is_told_and_no_deployment_takes_it_away(changed: Changed, client: Client) -> None:
    iam, queues = changed.aws.client("iam"), changed.aws.client("sqs")
    role = changed.function_deployment.role_arn.rpartition("/")[2]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="theirs", PolicyDocument=json.dumps(everything))
    name = f"{changed.environment.name_prefix}attached"
    attached = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(everything))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=attached)
    open_to_all = {"Action": "lambda:InvokeFunction", "Principal": "*", "StatementId": "open-door"}
    changed.functions.add_permission(FunctionName=changed.name, Qualifier="live", **open_to_all)
    url = queues.create_queue(QueueName=f"{changed.environment.name_prefix}theirs")["QueueUrl"]
    queue = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = changed.functions.create_event_source_mapping(EventSourceArn=queue, FunctionName=f"{changed.name}:live")
    changed.compare()
    added = {
        "Other policies of the role": ("none", f"{attached}, theirs"),
        "Who else may call it": ("none", "* may invoke it (open-door)"),
        "What else is handed to it": ("none", queue),
    }
    seen = changed.of_function()
    assert told(seen) == added
    assert (seen.can_be_accepted, seen.can_be_put_back, seen.has_other_rights) == (False, False, True)
    assert not changed.of_workflow().differs
    with pytest.raises(drift.NothingToAccept, match="Take it away in AWS instead"):
        drift.accept(seen, "", seen=seen.fingerprint, by=changed.person)
    client.force_login(changed.person)
    page = text(client.get("/functions/Drifter"))
    assert "What was added in AWS stays when this is deployed again" in page
    assert "exactly so" not in page and "AWS gets back what was deployed" not in page

    changed.functions.update_function_configuration(FunctionName=changed.name, Timeout=20)
    changed.compare()
    assert "AWS gets back what was deployed, beside what was added" in text(client.get("/functions/Drifter"))
    changed.deploy(changed.revision)
    changed.compare()
    assert told(changed.of_function()) == added

    iam.delete_role_policy(RoleName=role, PolicyName="theirs")
    iam.detach_role_policy(RoleName=role, PolicyArn=attached)
    changed.functions.remove_permission(FunctionName=changed.name, Qualifier="live", StatementId="open-door")
    changed.functions.delete_event_source_mapping(UUID=mapping["UUID"])
    changed.compare()
    assert not changed.of_function().differs


@pytest.mark.long
def test_what_becomes_of_asynchronous_calls_is_compared_though_nothing_was_said_of_it(changed: Changed) -> None:
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:theirs"
    changed.functions.put_function_event_invoke_config(
        FunctionName=changed.name,
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    changed.compare()
    seen = told(changed.of_function())
    assert seen == {
        "On-failure destination": (seen["On-failure destination"][0], queue),
        "Retries of asynchronous calls": ("2, AWS's own", "0"),
    }
    row = changed.of_function()
    assert row.thrown_back == ["Retries of asynchronous calls"]
    drift.accept(row, "", seen=row.fingerprint, by=changed.person)
    until(lambda: comparing.drain() == 0)
    changed.work()
    assert changed.revision.function.revisions.order_by("-number")[0].on_failure_arn == queue
    changed.compare()
    assert told(changed.of_function()) == {}
    changed.deploy(changed.revision)
    changed.compare()
    assert told(changed.of_function()) == {}


def test_what_changed_again_since_somebody_looked_is_not_accepted(changed: Changed) -> None:
    changed.functions.update_function_configuration(FunctionName=changed.name, MemorySize=256)
    changed.compare()
    seen = changed.of_function()
    changed.functions.update_function_configuration(FunctionName=changed.name, MemorySize=512)
    drift.accept(seen, "", seen=seen.fingerprint, by=changed.person)
    comparing.drain()
    after = changed.of_function()
    assert "changed in AWS since you looked" in after.accept_problem
    assert told(after)["Memory"] == ("128 MB", "512 MB")
    assert changed.revision.function.revisions.count() == 1


@pytest.mark.long
def test_a_wish_that_comes_while_aws_is_being_compared_is_not_lost(
    changed: Changed, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed.functions.update_function_configuration(FunctionName=changed.name, MemorySize=256)
    changed.compare()
    seen, look = changed.of_function(), functions.look

    def look_meanwhile(*where: Any) -> functions.LiveFunction:
        found = look(*where)
        if not Drift.objects.exclude(accept_asked_at=None).exists():
            drift.accept(seen, "", seen=seen.fingerprint, by=changed.person)
        return found

    monkeypatch.setattr(functions, "look", look_meanwhile)
    drift.ask(changed.environment, by=changed.person, thing=changed.revision.function)
    until(lambda: comparing.drain() == 0)
    changed.work()
    assert changed.revision.function.revisions.count() == 2
    assert not changed.of_function().differs


@pytest.mark.long
def test_code_that_is_no_package_is_not_accepted_and_says_why(changed: Changed) -> None:
    nested = packaging.zip_of([("handler.py", b"", False), ("inner.zip", b"PK", False)])
    changed.functions.update_function_code(FunctionName=changed.name, ZipFile=nested.content)
    changed.compare()
    seen = changed.of_function()
    drift.accept(seen, "", seen=seen.fingerprint, by=changed.person)
    comparing.drain()
    assert "inner.zip" in changed.of_function().accept_problem
    assert changed.revision.function.revisions.count() == 1


def test_pages_and_rest_tell_of_it_without_the_secrets(changed: Changed, client: Client) -> None:
    changed.functions.update_function_configuration(
        FunctionName=changed.name, MemorySize=256, Environment={"Variables": {"TOKEN": "by hand"}}
    )
    changed.compare()
    UserFactory.create(username="vera", role="viewer")
    client.login(username="vera", password=PASSWORD)
    page = text(client.get("/functions/Drifter"))
    assert "256 MB" in page
    assert "by hand" not in page
    assert "differs in AWS" in text(client.get("/functions/"))
    assert "Drifter" in text(client.get("/drift/"))
    _, token = access.issue_token(changed.person, "ci", by=changed.person)
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.get("/api/v1/functions/Drifter", headers=headers).json()["drift"]
    assert answer["differs"] is True
    assert {one["field"]: one["live"] for one in answer["differences"]} == {
        "Memory": "256 MB",
        "Environment TOKEN": "•••••• (another value)",
    }
    asked = client.post("/api/v1/functions/Drifter/drift", headers=headers)
    assert (asked.status_code, asked.json()["is_pending"]) == (202, True)
    body = {"fingerprint": answer["fingerprint"], "note": "as it is"}
    accepted = client.post("/api/v1/functions/Drifter/drift/accept", body, "application/json", headers=headers)
    assert accepted.status_code == 202
    until(lambda: comparing.drain() == 0)
    changed.work()
    assert client.get("/api/v1/functions/Drifter", headers=headers).json()["drift"]["differs"] is False


CALLED: list[dict[str, Any]] = [
    {"type": "http", "method": "GET", "path": "/drifting"},
    {"type": "sqs", "queue": "drifting", "create": True, "batch_size": 5},
    {"type": "sns", "topic": "drifting", "create": True},
]


@pytest.mark.long
def test_triggers_trust_and_weights_changed_by_hand_are_seen_and_put_back(changed: Changed) -> None:
    called = replace(definitions.definition_of(changed.revision), triggers=triggers.read_all(CALLED))
    changed.revision = definitions.save_function(called, OLD, by=None).revision
    changed.deploy(changed.revision)
    changed.compare()
    assert told(changed.of_function()) == {}

    [mapping] = changed.functions.list_event_source_mappings(FunctionName=f"{changed.name}:live")["EventSourceMappings"]
    changed.functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=9)
    apis = changed.aws.client("apigatewayv2")
    api = next(one["ApiId"] for one in apis.get_apis()["Items"] if one["Name"] == changed.name)
    [route] = apis.get_routes(ApiId=api)["Items"]
    apis.delete_route(ApiId=api, RouteId=route["RouteId"])
    [statement, *_] = json.loads(changed.functions.get_policy(FunctionName=changed.name, Qualifier="live")["Policy"])[
        "Statement"
    ]
    changed.functions.remove_permission(FunctionName=changed.name, Qualifier="live", StatementId=statement["Sid"])
    topics = changed.aws.client("sns")
    for one in topics.list_topics()["Topics"]:
        if one["TopicArn"].endswith("drifting"):
            topics.delete_topic(TopicArn=one["TopicArn"])
    role = changed.function_deployment.role_arn.rpartition("/")[2]
    changed.aws.client("iam").update_assume_role_policy(
        RoleName=role, PolicyDocument=json.dumps(trust("ec2.amazonaws.com"))
    )
    changed.functions.publish_version(FunctionName=changed.name)
    version = changed.functions.get_alias(FunctionName=changed.name, Name="live")["FunctionVersion"]
    changed.functions.update_alias(
        FunctionName=changed.name, Name="live", RoutingConfig={"AdditionalVersionWeights": {version: 0.25}}
    )

    changed.compare()
    seen = told(changed.of_function())
    assert seen["Alias live"][1] == f"version {version}, 25% to version {version}"
    assert "ec2.amazonaws.com" in seen["Who may assume the role"][1]
    assert seen["SQS queue drifting: mapping, batch size"] == ("5", "9")
    assert seen["HTTP route GET /drifting: route"][1] == "deleted in AWS"
    assert {"SNS topic drifting: topic", "SNS topic drifting: subscription"} <= set(seen)
    assert len([one for one in seen if one.endswith("permission")]) == 1
    acceptable = [one["field"] for one in changed.of_function().differences if one["is_acceptable"]]
    assert acceptable == ["SQS queue drifting: mapping, batch size"]
    assert not changed.of_workflow().differs

    changed.deploy(changed.revision)
    changed.compare()
    assert told(changed.of_function()) == {}
