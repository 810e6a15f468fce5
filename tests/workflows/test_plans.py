"""What a deployment would do, told beforehand; and what changed between revisions."""

import html
import json

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import (
    DEFINITION,
    DeploymentFactory,
    DriftFactory,
    EnvironmentFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    TriggerFactory,
    UserFactory,
    WorkflowRevisionFactory,
    difference,
)
from tests.workflows.api.conftest import asker
from workflows import policies, selectors, triggers
from workflows.changes import Line
from workflows.models import Deployment, Environment, Import, WorkflowRevision
from workflows.plans import plan
from workflows.policies import Place

pytestmark = pytest.mark.django_db
MACHINE = "State machine signalbox-transaction-processor"


@pytest.fixture
def environment() -> Environment:
    return EnvironmentFactory.create()


def verbs(lines: tuple[Line, ...]) -> dict[str, str]:
    return {line.what: line.verb for line in lines}


def details(lines: tuple[Line, ...], what: str) -> tuple[str, ...]:
    return next(line.details for line in lines if line.what == what)


def deployed(revision: WorkflowRevision, environment: Environment) -> Deployment:
    """As the deployment leaves it."""
    place = Place(environment.account_id, environment.region, environment.name_prefix)
    return DeploymentFactory.create(
        workflow_revision=revision,
        policy=selectors.planned_policy(revision, environment),
        definition=policies.put_arns(revision.definition, place),
    )


def test_a_first_deployment_creates_everything_and_names_what_is_allowed(environment: Environment) -> None:
    lines = plan(WorkflowRevisionFactory.create(), None, environment)
    made = verbs(lines)
    assert made[MACHINE] == "create"
    assert made["Role /signalbox/signalbox-workflow-transaction-processor"] == "create"
    assert made["Alias live"] == "create"
    arn = "arn:aws:lambda:us-east-1:123456789012:function:signalbox-ProcessPurchase:live"
    assert f"Allows lambda:InvokeFunction on {arn}" in details(lines, "Its permissions")


def test_a_runtime_the_environment_cannot_run_stops_the_plan(environment: Environment) -> None:
    lines = plan(FunctionRevisionFactory.create(runtime="java21"), None, environment)
    assert verbs(lines)["Runtime java21"] == "stop"
    assert "real AWS account" in details(lines, "Runtime java21")[0]


def test_what_changes_of_a_trigger_is_planned_setting_by_setting(environment: Environment) -> None:
    was = triggers.read({"type": "sqs", "queue": "orders", "filter": {"body": {"a": [1]}}})
    revision = FunctionRevisionFactory.create(triggers=[{"type": "sqs", "queue": "orders", "batch_size": 5}])
    known = {"key": was.key, "status": "live", "invoke_url": ""}
    TriggerFactory.create(environment=environment, function=revision.function, definition=was.as_dict(), **known)
    lines = plan(revision, None, environment)
    assert verbs(lines)["Trigger SQS queue orders"] == "change"
    assert set(details(lines, "Trigger SQS queue orders")) >= {
        "batch_size: 10 becomes 5",
        'filter: {"body": {"a": [1]}} becomes none',
    }


def test_what_goes_with_a_trigger_that_is_taken_away_is_planned(environment: Environment) -> None:
    queue = triggers.read({"type": "sqs", "queue": "orders", "create": True, "dead_letter": True})
    revision = FunctionRevisionFactory.create(triggers=[])
    arn = "arn:aws:sqs:us-east-1:123456789012:signalbox-orders"
    TriggerFactory.create(
        environment=environment,
        function=revision.function,
        definition=queue.as_dict(),
        key=queue.key,
        source_arn=arn,
        owns_source=True,
        invoke_url="",
    )
    lines = plan(revision, None, environment)
    assert verbs(lines)["Trigger SQS queue orders"] == "remove"
    [said] = details(lines, "Trigger SQS queue orders")
    assert said.startswith("signalbox-orders was made here: it goes with its dead-letter queue if nothing is in it")


def test_what_has_lost_its_tag_is_not_deployed_again(environment: Environment) -> None:
    live = FunctionDeploymentFactory.create(environment=environment)
    known = [difference("Tag signalbox:install", "none"), difference("Memory", "256 MB")]
    row = DriftFactory.create(deployment=live, differences=known)
    lines = plan(live.revision, live, environment)
    assert verbs(lines)["Function signalbox-ProcessPurchase"] == "stop"
    assert "It has lost the tag signalbox:install=" in details(lines, "Function signalbox-ProcessPurchase")[0]
    assert (row.can_be_put_back, row.can_be_accepted) == (False, False)


def test_a_function_that_it_may_call_and_is_not_here_is_warned_of(environment: Environment) -> None:
    calls = {"actions": ["lambda:InvokeFunction"], "resources": ["${ProcessPurchase}", "${NoSuch}"]}
    revision = FunctionRevisionFactory.create(function__name="Caller", permissions=[calls])
    FunctionDeploymentFactory.create(environment=environment)
    lines = plan(revision, None, environment)
    assert verbs(lines)["Function NoSuch"] == "warn"
    assert details(lines, "Function NoSuch") == ("It is not deployed here: until it is, calls of it fail.",)
    assert "Function ProcessPurchase" not in verbs(lines)


def test_a_circle_and_wildcards_are_warned_of_before_they_are_deployed(environment: Environment) -> None:
    arn = f"arn:aws:sqs:{environment.region}:{environment.account_id}:{environment.name_prefix}orders"
    queue = triggers.read({"type": "sqs", "queue": "orders", "create": True}).as_dict()
    sends = {"actions": ["sqs:Send*"], "resources": [arn]}
    round_ = FunctionRevisionFactory.create(number=1, triggers=[queue], permissions=[sends])
    straight = FunctionRevisionFactory.create(function=round_.function, number=2)
    lines = plan(round_, None, environment)  # what is asked about, not the newest
    assert verbs(lines)["A circle"] == verbs(lines)["Wildcards in what it may do"] == "warn"
    assert "each call may make another, without end" in details(lines, "A circle")[0]
    assert details(lines, "Wildcards in what it may do") == (
        "sqs:Send* allows every action that fits: name those it needs.",
    )
    assert "warn" not in verbs(plan(straight, None, environment)).values()
    told = asker().get(f"functions/{round_.function.name}/plan?revision=1")
    assert [one["verb"] for one in told["steps"] if one["verb"] == "warn"] == ["warn", "warn"]


def test_what_is_live_already_is_left(environment: Environment) -> None:
    FunctionDeploymentFactory.create()
    FunctionDeploymentFactory.create(function_revision__function__name="ProcessRefund")
    revision = WorkflowRevisionFactory.create()
    assert set(verbs(plan(revision, deployed(revision, environment), environment)).values()) == {"leave"}


def test_a_function_dropped_from_the_definition_loses_its_permission(environment: Environment) -> None:
    live = deployed(WorkflowRevisionFactory.create(), environment)
    slim = WorkflowRevisionFactory.create(definition=DEFINITION.replace("${ProcessRefund}", "${ProcessPurchase}"))
    lines = plan(slim, live, environment)
    assert [one.split(":function:")[1] for one in details(lines, "Its permissions")] == ["signalbox-ProcessRefund:live"]
    assert details(lines, "Its permissions")[0].startswith("No more lambda:InvokeFunction")
    assert verbs(lines)[MACHINE] == "change"


def test_a_role_made_elsewhere_is_left_and_one_that_is_changed_makes_another_version(environment: Environment) -> None:
    given = "arn:aws:iam::123456789012:role/theirs"
    made = "Role /signalbox/signalbox-workflow-transaction-processor"
    live = deployed(WorkflowRevisionFactory.create(), environment)
    lines = plan(WorkflowRevisionFactory.create(custom_role_arn=given), live, environment)
    assert verbs(lines)[f"Role {given}"] == "leave"
    assert not {line.what for line in lines} & {
        "Its permissions",
        "Role /signalbox/signalbox-workflow-transaction-processor",
    }
    assert (verbs(lines)[MACHINE], details(lines, MACHINE)) == ("change", ("The role it runs as",))
    assert verbs(lines)["Published version"] == "create"
    live.revision.custom_role_arn = given
    back = verbs(plan(WorkflowRevisionFactory.create(), live, environment))
    assert back[made] == back["Its permissions"] == "create"


def test_a_function_that_had_a_role_made_elsewhere_gets_one_made_here(environment: Environment) -> None:
    live = FunctionDeploymentFactory.create(function_revision__custom_role_arn="arn:aws:iam::123456789012:role/theirs")
    again = FunctionRevisionFactory.create(function=live.function)
    planned = verbs(plan(again, live, environment))
    role = f"Role /signalbox/signalbox-function-{again.function.name}"
    assert planned[role] == planned["Its permissions"] == "create"


def test_an_adopted_machine_is_warned_of_where_its_revision_names_no_role(environment: Environment) -> None:
    revision = WorkflowRevisionFactory.create()
    arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{revision.workflow.name}"
    Import.objects.create(
        environment=environment, kind="workflow", name=revision.workflow.name, arn=arn, status="succeeded", adopts=True
    )
    assert verbs(plan(revision, None, environment))["The role it has"] == "warn"
    kept = WorkflowRevisionFactory.create(
        workflow=revision.workflow, custom_role_arn="arn:aws:iam::123456789012:role/x"
    )
    assert "The role it has" not in verbs(plan(kept, None, environment))


def test_keys_that_change_touch_nothing_in_aws(environment: Environment) -> None:
    live = deployed(WorkflowRevisionFactory.create(), environment)
    lines = plan(WorkflowRevisionFactory.create(keys={}), live, environment)
    assert verbs(lines)[MACHINE] == "leave"
    assert verbs(lines)["Input schema and business keys"] == "change"


def test_functions_that_are_missing_or_on_their_way_are_told(environment: Environment) -> None:
    FunctionDeploymentFactory.create(status="running", is_live=False)
    made = verbs(plan(WorkflowRevisionFactory.create(), None, environment))
    assert (made["Function ProcessPurchase"], made["Function ProcessRefund"]) == ("wait", "stop")


def test_a_type_that_changed_stops_the_plan(environment: Environment) -> None:
    live = deployed(WorkflowRevisionFactory.create(), environment)
    lines = plan(WorkflowRevisionFactory.create(type="EXPRESS"), live, environment)
    assert verbs(lines)[MACHINE] == "stop"
    assert "STANDARD" in details(lines, MACHINE)[0]


def test_a_function_tells_each_setting_that_changes(environment: Environment) -> None:
    live = FunctionDeploymentFactory.create(function_revision__environment={"A": "1", "B": "2"})
    live.policy = selectors.planned_policy(live.revision, environment)
    new = FunctionRevisionFactory.create(memory_mb=256, environment={"A": "1", "B": "3"}, package=b"other")
    lines = plan(new, live, environment)
    assert details(lines, "Function signalbox-ProcessPurchase") == (
        "Its code",
        "Memory: 128 MB becomes 256 MB",
        "Environment: B",
    )
    assert verbs(lines)["Its permissions"] == "leave"
    assert verbs(lines)["Alias live"] == "change"


def test_a_plan_tells_whether_the_source_of_a_trigger_is_made(environment: Environment) -> None:
    given = [triggers.read(one).as_dict() for one in CALLED]
    lines = plan(FunctionRevisionFactory.create(triggers=given), None, environment)
    assert details(lines, "Trigger SQS queue polled") == ("The queue is not made: it must be there already.",)
    assert details(lines, "Trigger S3 bucket uploads") == ("The bucket is made too, where it is missing.",)
    assert details(lines, "Trigger HTTP route GET /orders/{id}") == ()


def test_what_was_deleted_in_aws_is_planned_to_be_created_again(environment: Environment) -> None:
    route = triggers.read({"type": "http", "method": "GET", "path": "/orders"})
    revision = FunctionRevisionFactory.create(triggers=[route.as_dict()])
    live = FunctionDeploymentFactory.create(function_revision=revision)
    live.policy = selectors.planned_policy(live.revision, environment)
    TriggerFactory.create(function=revision.function, definition=route.as_dict(), key=route.key)
    gone = difference("Function signalbox-ProcessPurchase", "deleted in AWS")
    DriftFactory.create(deployment=live, is_gone=True, differences=[gone])
    lines = plan(revision, live, environment)
    assert details(lines, "Function signalbox-ProcessPurchase") == ("Was deleted in AWS: will be created again",)
    assert {what for what, verb in verbs(lines).items() if verb == "create"} == {
        "Function signalbox-ProcessPurchase",
        "Published version",
        "Alias live",
        "Resource policy of the alias live",
    }
    assert verbs(lines)["Trigger HTTP route GET /orders"] == "change"
    called = verbs(plan(WorkflowRevisionFactory.create(), None, environment))
    assert called["Function ProcessPurchase"] == "warn"


def test_a_state_machine_that_was_deleted_is_not_taken_for_a_function_it_names(environment: Environment) -> None:
    for name in ("ProcessPurchase", "ProcessRefund"):
        FunctionDeploymentFactory.create(function_revision__function__name=name)
    live = deployed(WorkflowRevisionFactory.create(), environment)
    DriftFactory.create(deployment=live, is_gone=True, differences=[difference(MACHINE, "deleted in AWS")])
    made = verbs(plan(live.revision, live, environment))
    assert (made[MACHINE], made["Alias live"], made["Function ProcessPurchase"]) == ("create", "create", "leave")


def test_what_was_changed_in_aws_is_planned_to_be_put_right(environment: Environment) -> None:
    route = triggers.read({"type": "http", "method": "GET", "path": "/orders"})
    revision = FunctionRevisionFactory.create(triggers=[route.as_dict()])
    live = FunctionDeploymentFactory.create(function_revision=revision)
    live.policy = selectors.planned_policy(live.revision, environment)
    TriggerFactory.create(function=revision.function, definition=route.as_dict(), key=route.key)
    known = [
        difference("Memory", "256 MB"),
        difference("Environment TOKEN", "s3cret", is_secret=True),
        difference("Alias live", "deleted in AWS"),
        difference("Role signalbox-function-ProcessPurchase", "deleted in AWS"),
        difference("Permissions of the role", "{}\n"),
        difference("Who else may call it", "* may invoke it (evil)"),
        difference("HTTP route GET /orders: route", "deleted in AWS"),
        difference("HTTP route GET /orders: CORS, origins", "https://a.example"),
        difference("HTTP route GET /orders: permission", "not so in AWS"),
    ]
    DriftFactory.create(deployment=live, differences=known)
    lines = plan(revision, live, environment)
    assert details(lines, "Function signalbox-ProcessPurchase") == (
        "Memory: changed in AWS to 256 MB, will be put right",
        "Environment TOKEN: changed in AWS, will be put right",
        "Who else may call it: * may invoke it (evil), added in AWS, stays",
    )
    assert details(lines, "Alias live") == ("Was deleted in AWS: will be created again",)
    assert details(lines, "Role /signalbox/signalbox-function-ProcessPurchase") == details(lines, "Alias live")
    assert details(lines, "Its permissions") == (
        "Went with the role that was deleted in AWS.",
        "Permissions of the role: changed in AWS, will be put right",
    )
    assert details(lines, "Trigger HTTP route GET /orders") == (
        "Its route was deleted in AWS: will be set up again",
        "The origins of its CORS: changed in AWS to https://a.example, will be put right",
        "Its permission is not so in AWS: will be set up again",
    )
    assert "leave" not in {verbs(lines)[line.what] for line in lines if line.details}


def test_a_rollback_uses_the_version_again_that_was_published_before(environment: Environment) -> None:
    old = FunctionDeploymentFactory.create(is_live=False, version_arn="arn:aws:lambda:us-east-1:1:function:x:1")
    new = FunctionRevisionFactory.create(function=old.function, number=7, package=b"other", package_sha256="b" * 64)
    live = FunctionDeploymentFactory.create(function_revision=new)
    lines = plan(old.revision, live, environment)
    assert (verbs(lines)["Published version"], verbs(lines)["Alias live"]) == ("leave", "change")
    assert details(lines, "Published version") == ("Version 1 is used again, where AWS still has it.",)
    assert [line.what for line in lines].count("Published version") == 1


def test_the_page_of_what_is_live_rolls_it_back_and_that_of_another_does_not(
    client: Client, environment: Environment
) -> None:
    client.force_login(UserFactory.create(role="developer"))
    old = FunctionDeploymentFactory.create(is_live=False)
    new = FunctionRevisionFactory.create(function=old.function, number=7)
    live = FunctionDeploymentFactory.create(function_revision=new)
    shown = client.get(f"/deployments/{live.pk}")
    assert f"Roll back to r{old.revision.number}" in text(shown)
    assert "Roll back" not in text(client.get(f"/deployments/{old.pk}"))
    sent = {"revision": shown.context["back"].revision.number, "seen": live.pk}
    answer = client.post(f"/functions/{new.function.name}/deploy", {**sent, "then": "deployment"})
    asked = Deployment.objects.get(status="requested")
    assert (asked.revision, answer.headers["Location"]) == (old.revision, f"/deployments/{asked.pk}")
    client.force_login(UserFactory.create(role="viewer"))
    assert "Roll back" not in text(client.get(f"/deployments/{live.pk}"))


def test_the_page_shows_the_plan(client: Client, environment: Environment) -> None:
    client.force_login(UserFactory.create(role="developer"))
    name = WorkflowRevisionFactory.create().workflow.name
    shown = text(client.get(f"/workflows/{name}"))
    assert MACHINE in shown
    assert "Allows lambda:InvokeFunction" in shown


# ---- comparing


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(role="viewer"))
    return client


def test_any_two_revisions_of_a_workflow_are_compared_line_by_line(page: Client) -> None:
    old = WorkflowRevisionFactory.create(number=1)
    changed = DEFINITION.replace("REFUND", "RETURN")
    WorkflowRevisionFactory.create(number=2, workflow=old.workflow, definition=changed, keys={})
    answer = page.get(f"/workflows/{old.workflow.name}/compare?from=1&to=2")
    parts = {part.title: part.lines for part in answer.context["parts"]}
    assert set(parts) == {"Definition", "Business keys"}
    assert [line.kind for line in parts["Definition"] if line.kind in ("added", "removed")] == ["removed", "added"]
    assert "RETURN" in text(answer)


def test_the_same_revision_twice_is_the_same(page: Client) -> None:
    name = WorkflowRevisionFactory.create(number=1).workflow.name
    assert "They are the same." in text(page.get(f"/workflows/{name}/compare?from=1&to=1"))


def test_functions_are_compared_by_configuration_and_file(page: Client) -> None:
    old = FunctionRevisionFactory.create(number=1)
    FunctionRevisionFactory.create(number=2, function=old.function, memory_mb=512)
    answer = page.get(f"/functions/{old.function.name}/compare?from=1&to=2")
    assert [part.title for part in answer.context["parts"]] == ["Configuration"]
    assert "memory = 512 MB" in text(answer)


CALLED = [
    {"type": "http", "method": "GET", "path": "/orders/{id}"},
    {"type": "s3", "bucket": "uploads", "create": True},
    {"type": "sqs", "queue": "polled"},
]


def test_the_resource_policy_is_planned_from_triggers_and_compared_with_what_is_set_up(
    environment: Environment, client: Client
) -> None:
    old = {"type": "sns", "topic": "old"}
    row = TriggerFactory.create(environment=environment, definition=old, key="sns old", invoke_url="")
    given = [triggers.read(one).as_dict() for one in CALLED]
    revision = FunctionRevisionFactory.create(function=row.function, number=8, triggers=given)
    [line] = [one for one in plan(revision, None, environment) if one.what.startswith("Resource policy")]
    here = f"{environment.region}:{environment.account_id}"
    route = f"arn:aws:execute-api:{here}:(id of the API)/*/GET/orders/*"
    assert (line.verb, line.details) == (
        "change",
        (
            f"Allows apigateway.amazonaws.com to invoke it as {route}",
            "Allows s3.amazonaws.com to invoke it as arn:aws:s3:::signalbox-uploads",
            f"No more sns.amazonaws.com to invoke it as arn:aws:sns:{here}:old",
        ),
    )
    client.force_login(UserFactory.create(role="viewer"))
    page = text(client.get(f"/functions/{revision.function.name}?revision=8"))
    assert "Planned resource policy" in page and "arn:aws:s3:::signalbox-uploads" in page


def test_what_is_set_up_already_leaves_the_resource_policy(environment: Environment) -> None:
    made, route = {"api_id": "a1"}, triggers.read(CALLED[0])
    row = TriggerFactory.create(environment=environment, definition=route.as_dict(), key=route.key, made=made)
    revision = FunctionRevisionFactory.create(function=row.function, number=8, triggers=[route.as_dict()])
    [line] = [one for one in plan(revision, None, environment) if one.what.startswith("Resource policy")]
    assert (line.verb, line.details) == ("leave", ())


def test_a_function_named_without_a_placeholder_is_warned_of_when_checked_saved_and_planned(
    environment: Environment, client: Client
) -> None:
    FunctionRevisionFactory.create()
    named = {"FunctionName": "signalbox-ProcessPurchase"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": named, "End": True}
    definition = json.dumps({"StartAt": "Pay", "States": {"Pay": state}}, indent=1)
    client.force_login(UserFactory.create(role="developer"))
    typed = {
        "definition": definition,
        "type": "STANDARD",
        "title": "Pay",
        "name": "pay",
        "keys": "",
        "input_schema": "",
    }
    told = 'write "FunctionName": "${ProcessPurchase}"'
    assert told in html.unescape(text(client.post("/workflows/check/", typed)))
    client.post("/workflows/new/", typed | {"action": "save", "note": ""})
    revision = WorkflowRevision.objects.get()
    assert [one["code"] for one in revision.problems if told in one["message"]] == ["BARE_FUNCTION_NAME"]
    [line] = [one for one in plan(revision, None, environment) if one.what == "State Pay"]
    assert (line.verb, "${ProcessPurchase}" in line.details[0]) == ("warn", True)


def test_code_that_python_may_not_read_is_warned_of_before_it_is_deployed(environment: Environment) -> None:
    said = {"path": "handler.py", "message": "Invalid syntax.", "line": 3, "column": 1, "severity": "warning"}
    lines = plan(FunctionRevisionFactory.create(problems=[said]), None, environment)
    [told] = [line for line in lines if line.verb == "warn"]
    assert told.details == ("handler.py, line 3: Invalid syntax.",)
