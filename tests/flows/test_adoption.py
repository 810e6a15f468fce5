"""What was imported is looked at where it runs, under the name it has there; what is adopted is deployed in place."""

import pytest
from django.test import Client

from tests.answers import text
from tests.fixtures_aws import ACCOUNT, EmbeddedAws
from tests.flows.accounts import PACKAGE, Account
from tests.flows.waiting import until
from workflows import plans, ranges, selectors
from workflows.jobs import drift as comparing
from workflows.jobs import function_logs as reading_logs
from workflows.jobs import invocations as invoking
from workflows.jobs import metrics as measuring
from workflows.models import Deployment, Drift, Environment, Function, FunctionRevision, Invocation, MetricSet, Trigger
from workflows.policies import ALIAS, OWNER_TAG
from workflows.services import deployments, drift, function_logs, invocations, triggers
from workflows.services import metrics as charts
from workflows.services.invocations import Asked
from workflows.triggers import read_all

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

SAM = {"lambda:createdBy": "SAM"}


@pytest.fixture
def account(environment: Environment, embedded_aws: EmbeddedAws) -> Account:
    return Account(environment, embedded_aws)


def invoke(account: Account, function: Function, payload: str = "{}") -> Invocation:
    """Have a worker invoke what is live of it."""
    row = invocations.request(function, account.environment, Asked(payload), by=account.person)
    invoking.drain()

    def is_over() -> bool:
        row.refresh_from_db()
        return row.finished_at is not None

    until(is_over)
    return row


def compare(account: Account, function: Function) -> Drift:
    """Have a worker compare it."""
    drift.ask(account.environment, by=account.person, thing=function)
    comparing.drain()
    return Drift.objects.get(function=function)


@pytest.mark.parametrize("tags", [{}, SAM], ids=["nobody", "SAM"])
def test_what_was_imported_is_tested_read_and_compared_where_it_runs(
    account: Account, client: Client, tags: dict[str, str]
) -> None:
    theirs = f"other-{account.prefix}r"
    arn = account.function(theirs, tags)
    account.functions.update_function_configuration(
        FunctionName=arn, LoggingConfig={"LogFormat": "Text", "LogGroup": f"/shop/{theirs}"}
    )
    account.look()
    row = account.take(arn, "Looked")
    assert (row.status, row.log_group) == ("succeeded", f"/shop/{theirs}")
    function = Function.objects.get()
    live = Deployment.objects.get()
    assert (live.is_live, live.is_found, live.resource_arn, live.version_arn) == (True, True, arn, "")
    client.force_login(account.person)
    page = text(client.get("/functions/Looked"))
    assert "r1 as found in AWS" in page
    assert ("/functions/Looked/edit" in page) is not bool(tags)
    # Tests run the function itself, its log is read where it writes, its charts are of its name.
    ran = invoke(account, function)
    assert (ran.status, ran.result) == ("succeeded", '"theirs"')
    search = function_logs.ask(account.environment, function, function_logs.Search())
    reading_logs.drain()
    search.refresh_from_db()
    assert any(ran.request_id in one["text"] for one in search.lines), search.problem
    charts.ask(account.environment, MetricSet.Kind.FUNCTION, "Looked", ranges.chosen({"range": "1h"}))
    measuring.drain()
    assert sum(value for _, value in MetricSet.objects.get().series["Invocations.Sum"]) == 1
    # It is compared, and what is there now becomes the revision that stands for it: nothing is deployed.
    assert not compare(account, function).differs
    account.functions.update_function_configuration(FunctionName=arn, MemorySize=512)
    seen = compare(account, function)
    assert [(one["field"], one["live"]) for one in seen.differences] == [("Memory", "512 MB")]
    drift.accept(seen, "as they have it", seen=seen.fingerprint, by=account.person)
    comparing.drain()
    now = Deployment.objects.get(is_live=True)
    newest = FunctionRevision.objects.get(memory_mb=512)
    assert (now.revision.number, now.is_found, now.function_revision) == (2, True, newest)
    assert not compare(account, function).differs
    assert deployments.restore(account.environment, by=None) == []
    account.functions.delete_function(FunctionName=arn)
    assert compare(account, function).is_gone


def test_what_is_read_only_is_not_edited(account: Account, client: Client) -> None:
    arn = account.function(f"{account.prefix}Stacked", SAM)
    account.look()
    account.take(arn, "Stacked")
    client.force_login(account.person)
    for address in ("edit", "triggers/new"):
        answer = client.get(f"/functions/Stacked/{address}", follow=True)
        assert answer.redirect_chain == [("/functions/Stacked", 302)]
        assert "managed by SAM and read-only here" in text(answer)


def test_adopted_it_keeps_its_name_and_its_queue_is_led_to_the_alias(account: Account, client: Client) -> None:
    theirs = f"other-{account.prefix}q"
    arn = account.function(theirs, {})
    sqs = account.aws.client("sqs")
    url = sqs.create_queue(QueueName=f"{account.prefix}inbox")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{account.prefix}inbox"
    mapping = account.functions.create_event_source_mapping(EventSourceArn=queue, FunctionName=arn, BatchSize=5)
    account.functions.add_permission(
        FunctionName=arn,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:theirs",
    )
    account.look()
    row = account.take(arn, "Mine", adopts=True)
    assert (row.status, row.problem) == ("succeeded", "")
    assert row.left == [f"sns.amazonaws.com may invoke it as arn:aws:sns:us-east-1:{ACCOUNT}:theirs"]
    revision = FunctionRevision.objects.get()
    assert [(one["type"], one["queue"], one["batch_size"]) for one in revision.triggers] == [
        ("sqs", f"{account.prefix}inbox", 5)
    ]
    client.force_login(account.person)
    page = text(client.get("/functions/Mine"))
    assert "In AWS, not taken over yet" in page and row.left[0] in page
    lines = {line.what: line for line in plans.plan(revision, Deployment.objects.get(), account.environment)}
    assert lines[f"Function {theirs}"].verb == "leave"
    assert "no second one" in lines[f"Trigger SQS queue {account.prefix}inbox"].details[0]
    done = account.deploy("Mine")
    assert (done.status, done.cause, done.resource_arn) == ("succeeded", "", arn)
    assert not Deployment.objects.filter(is_found=True, is_live=True).exists()
    [now] = account.functions.list_event_source_mappings(FunctionName=arn)["EventSourceMappings"]
    assert (now["UUID"], now["FunctionArn"], now["BatchSize"]) == (mapping["UUID"], f"{arn}:{ALIAS}", 5)
    assert account.functions.list_tags(Resource=now["EventSourceMappingArn"])["Tags"][OWNER_TAG]
    trigger = Trigger.objects.get()
    assert (trigger.status, trigger.made, trigger.owns_source) == ("live", {"mapping": mapping["UUID"]}, False)
    function = Function.objects.get()
    assert not compare(account, function).differs
    assert invoke(account, function).result == '"theirs"'
    # Taken away, the mapping goes, and the queue, which is theirs, stays.
    [only] = read_all(revision.triggers)
    saved = triggers.remove(function, only.id, by=account.person)
    assert account.deploy("Mine").function_revision == saved.revision
    assert account.functions.list_event_source_mappings(FunctionName=arn)["EventSourceMappings"] == []
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"] == queue


def test_what_was_imported_can_be_adopted_later(account: Account) -> None:
    arn = account.function(f"other-{account.prefix}l", {})
    account.look()
    account.take(arn, "Later")
    account.functions.update_function_code(FunctionName=arn, ZipFile=PACKAGE.content)
    account.look()
    assert account.take(arn, "Later", adopts=True).status == "succeeded"
    assert (Function.objects.count(), FunctionRevision.objects.count()) == (1, 1)
    assert account.deploy("Later").resource_arn == arn
    assert selectors.left_by_import(Function.objects.get(), account.environment) == []
