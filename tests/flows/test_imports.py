"""What others made in the account is listed, and made a definition here; theirs stays theirs until it is adopted."""

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import PASSWORD
from tests.fixtures_aws import ACCOUNT, EmbeddedAws
from tests.flows.accounts import DEFINITION, PACKAGE, Account
from workflows import plans
from workflows.jobs import imports as reading
from workflows.models import Environment, Function, FunctionRevision, Workflow, WorkflowRevision
from workflows.packaging import DefinitionProblem, WorkflowDefinition
from workflows.policies import OWNER_TAG
from workflows.services import access, definitions, deployments, triggers
from workflows.services.imports import NotImportable
from workflows.triggers import TriggerProblem

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

SAM = {"lambda:createdBy": "SAM"}


@pytest.fixture
def account(environment: Environment, embedded_aws: EmbeddedAws) -> Account:
    return Account(environment, embedded_aws)


def test_a_function_of_theirs_becomes_a_definition_and_stays_as_it_is(account: Account, client: Client) -> None:
    arn = account.function(f"other-{account.prefix}x", {"team": "shop"})
    grant = {"StatementId": "bucket", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    account.functions.add_permission(FunctionName=arn, SourceArn="arn:aws:s3:::theirs", **grant)
    queue = account.aws.client("sqs").create_queue(QueueName=f"{account.prefix}theirs")["QueueUrl"]
    read_from = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue.rpartition('/')[2]}"
    account.functions.create_event_source_mapping(EventSourceArn=read_from, FunctionName=arn, Enabled=False)
    before = account.functions.get_function(FunctionName=arn)
    assert account.look()[arn]["owner"] == ""
    row = account.take(arn, "Theirs")
    assert (row.status, row.problem, row.function) == ("succeeded", "", Function.objects.get())
    assert row.left == [
        f"It is handed what is found in {read_from}",
        "s3.amazonaws.com may invoke it as arn:aws:s3:::theirs",
    ]
    client.force_login(account.person)
    assert all(one in text(client.get("/import/")) for one in row.left)
    revision = FunctionRevision.objects.get()
    assert (revision.memory_mb, revision.timeout_s, revision.handler) == (256, 7, "app.run")
    assert (revision.environment, revision.tags) == ({"TOKEN": "theirs"}, {"team": "shop"})
    assert (bytes(revision.package), revision.custom_role_arn) == (PACKAGE.content, account.role)
    assert (revision.created_by, revision.note) == (account.person, f"Imported from other-{account.prefix}x")
    # Deployed from here it is another one beside it.
    assert account.deploy("Theirs").resource_arn.endswith(f":{account.prefix}Theirs")
    after = account.functions.get_function(FunctionName=arn)
    assert (after["Configuration"]["RevisionId"], after["Tags"]) == (
        before["Configuration"]["RevisionId"],
        before["Tags"],
    )
    assert f"{account.prefix}Theirs" not in {one["name"] for one in account.look().values()}


def test_a_state_machine_of_theirs_becomes_a_definition(account: Account) -> None:
    arn = account.machine(f"other-{account.prefix}m")
    assert account.look()[arn]["kind"] == "workflow"
    row = account.take(arn, "theirs")
    assert (row.status, row.workflow) == ("succeeded", Workflow.objects.get())
    revision = Workflow.objects.get().revisions.get()
    assert (revision.definition, revision.custom_role_arn) == (DEFINITION, account.role)


def test_an_adopted_state_machine_is_deployed_under_the_name_and_as_the_role_it_has(account: Account) -> None:
    arn = account.machine(f"other-{account.prefix}n")
    account.look()
    assert account.take(arn, "mine", adopts=True).status == "succeeded"
    revision = WorkflowRevision.objects.get()
    planned = {line.what: line.verb for line in plans.plan(revision, None, account.environment)}
    assert (planned[f"Role {account.role}"], planned[f"State machine other-{account.prefix}n"]) == ("leave", "change")
    done = account.bring(revision)
    assert (done.status, done.cause, done.resource_arn) == ("succeeded", "", arn)
    assert (done.role_arn, done.policy) == (account.role, None)
    assert account.machines.describe_state_machine(stateMachineArn=arn)["roleArn"] == account.role
    assert [one["name"] for one in account.machines.list_state_machines()["stateMachines"]].count("mine") == 0
    # Without the role one is made here, and published with the definition: a version is both.
    known = revision.workflow
    content = WorkflowDefinition(known.name, known.title, revision.type, {}, revision.definition, "")
    again = account.bring(definitions.save_workflow(content, by=account.person).revision)
    published = account.machines.describe_state_machine(stateMachineArn=again.version_arn)
    assert again.version_arn != done.version_arn
    assert published["roleArn"].endswith(f":role/signalbox/{account.prefix}workflow-mine")


def test_what_another_tool_manages_is_read_only_here(account: Account, client: Client) -> None:
    arn = account.function(f"{account.prefix}Stack", SAM)
    assert account.look()[arn]["owner"] == "SAM"
    with pytest.raises(NotImportable, match="managed by SAM"):
        account.take(arn, "Stack", adopts=True)
    row = account.take(arn, "Stack")
    assert (row.status, row.owner) == ("succeeded", "SAM")
    with pytest.raises(deployments.NotDeployable, match="managed by SAM and read-only here"):
        account.deploy("Stack")
    revision = FunctionRevision.objects.get()
    [line] = plans.plan(revision, None, account.environment)
    assert (line.verb, "managed by SAM" in line.details[0]) == ("stop", True)
    with pytest.raises(DefinitionProblem, match="managed by SAM and read-only here"):
        definitions.save_change("Stack", None, {"memory": 512}, by=account.person)
    with pytest.raises(TriggerProblem, match="read-only here"):
        triggers.add(revision.function, {"type": "sqs", "queue": "orders"}, by=account.person)
    client.force_login(account.person)
    page = text(client.get("/functions/Stack"))
    assert (
        "Read-only" in page and "/functions/Stack/edit" not in page and 'action="/functions/Stack/deploy"' not in page
    )


@pytest.mark.long
def test_what_is_theirs_is_deployed_to_only_once_it_is_adopted(account: Account) -> None:
    arn = account.function(f"{account.prefix}Ours", {})
    account.look()
    assert account.take(arn, "Ours").status == "succeeded"
    refused = account.deploy("Ours")
    assert (refused.status, refused.error) == ("failed", "NotOurs")
    assert OWNER_TAG not in account.functions.get_function(FunctionName=arn).get("Tags", {})


def test_adopting_marks_it_as_ours_and_deploying_goes_on_from_there(account: Account) -> None:
    arn = account.function(f"{account.prefix}Adopted", {})
    account.look()
    assert account.take(arn, "Adopted", adopts=True).status == "succeeded"
    assert account.functions.get_function(FunctionName=arn)["Tags"] == {OWNER_TAG: str(account.environment.install)}
    assert arn not in account.look()
    done = account.deploy("Adopted")
    assert (done.status, done.cause, done.resource_arn) == ("succeeded", "", arn)
    assert dict(done.steps.values_list("name", "status"))["Code"] == "already_so"


@pytest.mark.long
def test_what_cannot_be_is_refused_with_the_reason(account: Account) -> None:
    arn = account.function(f"other-{account.prefix}y", {})
    account.look()
    with pytest.raises(NotImportable, match="nothing of that ARN"):
        account.take(f"{arn}-gone", "y")
    with pytest.raises(NotImportable, match="letters, digits"):
        account.take(arn, "not a name")
    named = account.function(f"{account.prefix}Named", {})
    account.look()
    with pytest.raises(NotImportable, match="under the name Named"):
        account.take(named, "other", adopts=True)
    account.functions.delete_function(FunctionName=arn)
    row = account.take(arn, "y")
    assert (row.status, row.problem) == ("failed", "It is not in AWS any more.")
    assert not Function.objects.exists()


def test_the_page_and_rest_list_and_import(account: Account, client: Client) -> None:
    arn = account.function(f"other-{account.prefix}z", {"terraform": "true"})
    client.login(username=account.person.username, password=PASSWORD)
    assert "Not looked yet" in text(client.get("/import/"))
    client.post("/import/look")
    reading.drain()
    page = text(client.get("/import/"))
    assert f"other-{account.prefix}z" in page
    assert "Terraform" in page
    _, token = access.issue_token(account.person, "ci", by=account.person)
    headers = {"Authorization": f"Bearer {token}"}
    found = client.get("/api/v1/imports/found", headers=headers).json()
    assert {one["arn"]: one["managed_by"] for one in found["results"]}[arn] == "Terraform"
    body = {"arn": arn, "name": "z", "note": "to look at"}
    asked = client.post("/api/v1/imports", body, "application/json", headers=headers)
    assert (asked.status_code, asked.json()["status"]) == (202, "requested")
    reading.drain()
    told = client.get(f"/api/v1/imports/{asked.json()['id']}", headers=headers).json()
    assert (told["status"], told["managed_by"]) == ("succeeded", "Terraform")
    assert "managed by Terraform, read-only here" in text(client.get("/import/"))
    assert client.get("/api/v1/functions/z", headers=headers).json()["memory"] == 256
