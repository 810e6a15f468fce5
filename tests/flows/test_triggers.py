"""Every type of trigger on the embedded AWS: made by one deployment, calling the function, and taken away again."""

import json
import os
from functools import partial
from typing import Any

import pytest

from tests.factories import TriggerFactory
from tests.fixtures_aws import EmbeddedAws
from tests.flows import waiting
from tests.flows.conftest import needs_mends
from workflows import packaging, triggers
from workflows.aws import s3
from workflows.aws.clients import Target
from workflows.jobs import deployments as jobs
from workflows.jobs import trigger_runs, trigger_tests
from workflows.models import Deployment, Environment, Trigger, TriggerTest
from workflows.packaging import FunctionDefinition
from workflows.policies import OWNER_TAG
from workflows.services import definitions, deployments, removals
from workflows.services import trigger_tests as service

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

HANDLER = b"""import json
def handler(event, context):
    print("SEEN " + json.dumps(event))
    return {"statusCode": 200, "body": "seen"}
"""
PACKAGE = packaging.zip_of([("handler.py", HANDLER, False)])
until = partial(waiting.until, within_s=180)
ALL: list[dict[str, Any]] = [
    {"type": "http", "method": "POST", "path": "/seen/{id}", "cors": ["https://shop.example"]},
    {"type": "s3", "bucket": "uploads", "prefix": "in/", "suffix": ".csv", "create": True},
    {
        "type": "sqs",
        "queue": "orders",
        "batch_size": 5,
        "filter": {"body": {"type": ["PURCHASE"]}},
        "dead_letter": True,
        "create": True,
    },
    {"type": "sns", "topic": "news", "filter_policy": {"type": ["PURCHASE"]}, "create": True},
    {"type": "dynamodb", "table": "orders", "start": "TRIM_HORIZON", "create": True},
    {"type": "eventbridge", "name": "bought", "pattern": {"source": ["shop"], "detail": {"type": ["PURCHASE"]}}},
    {"type": "schedule", "name": "often", "expression": "rate(1 minute)", "input": {"by": "the clock"}},
]


class Watched:
    """A function that prints whatever calls it, deployed with the triggers asked for."""

    def __init__(self, environment: Environment, aws: EmbeddedAws) -> None:
        self.environment, self.aws, self.prefix = environment, aws, environment.name_prefix

    def deploy(self, given: list[dict[str, Any]]) -> Deployment:
        definition = FunctionDefinition(
            "Watched", "python3.12", "handler.handler", 128, 10, triggers=triggers.read_all(given)
        )
        revision = definitions.save_function(definition, PACKAGE, by=None).revision
        asked = deployments.request(revision, self.environment, by=None)
        until(lambda: not jobs.drain() and not Deployment.objects.filter(pk=asked.pk, finished_at=None).exists())
        return Deployment.objects.get(pk=asked.pk)

    def seen(self) -> list[Any]:
        """The events it was called with so far."""
        logs = self.aws.client("logs")
        group = f"/aws/lambda/{self.prefix}Watched"
        try:
            lines = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [json.loads(line.strip().removeprefix("SEEN ")) for line in lines if line.startswith("SEEN ")]


@pytest.fixture
def watched(environment: Environment, embedded_aws: EmbeddedAws) -> Watched:
    return Watched(environment, embedded_aws)


def sources(event: dict[str, Any]) -> set[str]:
    """What an event says of where it comes from."""
    if "requestContext" in event:
        return {"http"}
    if "Records" in event:
        return {record.get("eventSource") or record["EventSource"] for record in event["Records"]}
    return {event.get("source", event.get("by", ""))}


def test_what_is_declared_calls_the_function_and_goes_when_it_is_not(watched: Watched) -> None:
    deployment = watched.deploy(ALL)
    assert (deployment.status, deployment.cause) == ("succeeded", "")
    assert set(Trigger.objects.values_list("status", flat=True)) == {"live"}

    send_to_all(watched)
    until(lambda: expected() <= set().union(*map(sources, watched.seen())))
    assert not [event for event in watched.seen() if "REFUND" in json.dumps(event)]

    for trigger in Trigger.objects.all():
        given = f'{{"type": "PURCHASE", "said": "hand-{trigger.type}"}}' if trigger.type != "schedule" else None
        service.request(trigger, given, by=None)
    trigger_tests.drain()
    tried = {test.trigger.type: (test.status, test.answer) for test in TriggerTest.objects.select_related("trigger")}
    # Without the mends the id that an invocation answers with is not the one in the log.
    of_clock = "unclear" if os.environ.get("SIGNALBOX_EMBEDDED_MENDS") == "0" else "succeeded"
    expected_of = dict.fromkeys(("http", "s3", "sqs", "sns", "dynamodb", "eventbridge"), "succeeded")
    assert {kind: status for kind, (status, _) in tried.items()} == expected_of | {"schedule": of_clock}, tried
    assert tried["http"] == ("succeeded", "200\nseen")
    sent = [test.sent for test in TriggerTest.objects.select_related("trigger") if test.trigger.type == "schedule"]
    assert sent == ['{"by": "the clock"}']
    told = json.dumps(watched.seen())
    assert [kind for kind in ("http", "sqs", "sns", "dynamodb", "eventbridge") if f"hand-{kind}" not in told] == []

    # The runs that the tests before it left in the log are none of this one's.
    clock = Trigger.objects.get(definition__type="schedule")
    service.request(clock, by=None)
    trigger_tests.drain()
    assert TriggerTest.objects.latest("pk").answer.count("REPORT") == 1

    again = watched.deploy(ALL)
    assert set(again.steps.values_list("status", flat=True)) == {"already_so"}

    gone = watched.deploy([])
    assert (gone.status, gone.cause) == ("succeeded", "")
    assert not Trigger.objects.exists()
    check_all_gone(watched)


def test_a_trigger_on_what_is_deleted_is_tested_by_deleting(watched: Watched) -> None:
    watched.deploy([{"type": "s3", "bucket": "gone", "events": ["s3:ObjectRemoved:*"], "create": True}])
    service.request(Trigger.objects.get(), '{"said": "gone"}', by=None)
    trigger_tests.drain()
    tried = TriggerTest.objects.get()
    assert (tried.status, tried.error) == ("succeeded", "")
    assert tried.sent.endswith("and deleted again")


@pytest.mark.long
def test_a_function_that_is_deleted_takes_all_its_triggers_along(watched: Watched) -> None:
    function = watched.deploy(ALL).function
    assert function is not None
    [asked] = removals.request(function, by=None)
    until(lambda: not jobs.drain() and not Deployment.objects.filter(pk=asked.pk, finished_at=None).exists())
    gone = Deployment.objects.get(pk=asked.pk)
    assert (gone.status, gone.cause) == ("succeeded", "")
    assert not Trigger.objects.exists()
    apis = watched.aws.client("apigatewayv2").get_apis()["Items"]
    assert not [api for api in apis if api["Tags"].get(OWNER_TAG) == str(watched.environment.install)]
    assert not watched.aws.client("events").list_rules(NamePrefix=watched.prefix)["Rules"]
    assert not watched.aws.client("s3").list_buckets(Prefix=f"{watched.prefix}uploads")["Buckets"]


def expected() -> set[str]:
    return {"http", "aws:s3", "aws:sqs", "aws:sns", "aws:dynamodb", "shop"}


def send_to_all(watched: Watched) -> None:
    """To each source something that fits its filter, and something that does not."""
    aws, prefix = watched.aws, watched.prefix
    route = Trigger.objects.get(definition__type="http")
    answer = fetch(route.invoke_url.replace("{id}", "7"), "POST", Origin="https://shop.example")
    assert answer == (200, "seen")
    s3 = aws.client("s3")
    for key in ("in/PURCHASE.csv", "in/REFUND.txt"):
        s3.put_object(Bucket=f"{prefix}uploads", Key=key, Body=b"1,2")
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{prefix}orders")["QueueUrl"]
    sns, topic = aws.client("sns"), f"arn:aws:sns:us-east-1:123456789012:{prefix}news"
    events = aws.client("events")
    for kind in ("PURCHASE", "REFUND"):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"type": kind}))
        typed = {"type": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=topic, Message=kind, MessageAttributes=typed)
        detail = json.dumps({"type": kind})
        events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": detail}])
    aws.client("dynamodb").put_item(TableName=f"{prefix}orders", Item={"id": {"S": "PURCHASE"}})


def fetch(url: str, method: str, **headers: str) -> tuple[int, str]:
    """What anybody gets there: no signature, no token."""
    import urllib.request

    request = urllib.request.Request(url, method=method, data=b"{}", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, answer.read().decode()


def check_all_gone(watched: Watched) -> None:
    """Nothing of it is left in AWS but what is not empty: the bucket and the table."""
    aws, prefix, ours = watched.aws, watched.prefix, str(watched.environment.install)
    lambda_ = aws.client("lambda")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_policy(FunctionName=f"{prefix}Watched", Qualifier="live")
    assert not lambda_.list_event_source_mappings(FunctionName=f"{prefix}Watched:live")["EventSourceMappings"]
    apis = aws.client("apigatewayv2").get_apis()["Items"]
    assert not [api for api in apis if api["Tags"].get(OWNER_TAG) == ours]
    assert not aws.client("events").list_rules(NamePrefix=prefix)["Rules"]
    assert not [arn for arn in aws.client("sns").list_topics()["Topics"] if prefix in arn["TopicArn"]]
    assert "LambdaFunctionConfigurations" not in aws.client("s3").get_bucket_notification_configuration(
        Bucket=f"{prefix}uploads"
    )
    assert f"{prefix}orders" in aws.client("dynamodb").list_tables()["TableNames"]


CHOOSY = b"""def handler(event, context):
    message = event["Records"][0]["Sns"]
    if "say" in message["Message"]:
        print(message["MessageId"])
    if "raise" in message["Message"]:
        raise KeyError("amount")
"""


@needs_mends("the log tells of no error there")
def test_only_the_run_of_what_was_sent_counts_and_one_that_failed_is_no_success(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigger_runs, "SETTLE_S", 1.0)
    monkeypatch.setattr(f"{__name__}.PACKAGE", packaging.zip_of([("handler.py", CHOOSY, False)]))
    topic = {"type": "sns", "topic": "news", "filter_policy": {"type": ["PURCHASE"]}, "create": True}
    assert watched.deploy([topic]).status == "succeeded"
    trigger = Trigger.objects.get()

    def tried(message: str) -> TriggerTest:
        service.request(trigger, message, by=None)
        trigger_tests.drain()
        return TriggerTest.objects.latest("pk")

    assert (tried("say").status, tried("say").error) == ("succeeded", "")
    failed = tried("say and raise")
    assert (failed.status, failed.error) == ("raised", "KeyError: 'amount'")
    # Nothing tells whose run this was: another call's would look the same.
    silent = tried("raise")
    assert (silent.status, silent.error) == ("unclear", "KeyError: 'amount'")


def test_a_source_that_is_not_there_and_one_that_is_not_ours(watched: Watched) -> None:
    missing = watched.deploy([{"type": "sqs", "queue": f"{watched.prefix}nobodys"}])
    assert (missing.status, missing.error) == ("failed", "SourceMissing")
    assert Trigger.objects.count() == 0
    rule = {"type": "eventbridge", "name": "lost", "bus": "nobodys", "pattern": {"source": ["shop"]}}
    assert watched.deploy([rule]).error == "SourceMissing"
    watched.aws.client("sqs").create_queue(
        QueueName=f"{watched.prefix}hasty", Attributes={"VisibilityTimeout": "9"}
    )  # the function may take 10 s
    assert watched.deploy([{"type": "sqs", "queue": f"{watched.prefix}hasty"}]).error == "VisibilityTooShort"
    # None has changed anything: there is not even the function.
    lambda_ = watched.aws.client("lambda")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function(FunctionName=f"{watched.prefix}Watched")

    watched.aws.client("sqs").create_queue(QueueName=f"{watched.prefix}theirs")
    taken = watched.deploy([{"type": "sqs", "queue": "theirs", "create": True}])
    assert (taken.status, taken.error) == ("failed", "NotOurs")
    assert "Import" not in taken.advice and "Take “Make it here” off the trigger" in taken.advice

    linked = watched.deploy([{"type": "sqs", "queue": f"{watched.prefix}theirs"}])
    assert (linked.status, linked.cause) == ("succeeded", "")
    assert watched.deploy([]).status == "succeeded"
    assert watched.aws.client("sqs").get_queue_url(QueueName=f"{watched.prefix}theirs")["QueueUrl"]


def test_a_route_that_leads_elsewhere_is_not_taken_over(watched: Watched) -> None:
    route = {"type": "http", "method": "GET", "path": "/seen", "api": "shop"}
    assert watched.deploy([route]).status == "succeeded"
    api = watched.aws.client("apigatewayv2")
    api_id = Trigger.objects.get().made["api_id"]
    [found] = api.get_integrations(ApiId=api_id)["Items"]
    other = "arn:aws:lambda:us-east-1:123456789012:function:other"
    api.update_integration(ApiId=api_id, IntegrationId=found["IntegrationId"], IntegrationUri=other)
    taken = watched.deploy([route])
    assert (taken.status, taken.error) == ("failed", "RouteTaken")
    assert other in taken.cause


def test_a_route_and_a_schedule_that_are_changed_stay_where_they_are(watched: Watched) -> None:
    route = {"type": "http", "method": "GET", "path": "/seen"}
    clock = {"type": "schedule", "name": "often", "expression": "rate(1 hour)"}
    assert watched.deploy([route, clock]).status == "succeeded"
    api = Trigger.objects.get(definition__type="http").made["api_id"]
    rules = watched.aws.client("events")
    rules.tag_resource(
        ResourceARN=Trigger.objects.get(definition__type="schedule").source_arn, Tags=[{"Key": "kept", "Value": "1"}]
    )
    done = watched.deploy([route | {"path": "/elsewhere"}, clock | {"expression": "rate(2 hours)"}])
    assert (done.status, done.cause) == ("succeeded", "")
    assert [row.made.get("api_id") for row in Trigger.objects.filter(definition__type="http")] == [api]
    rule = rules.describe_rule(Name=f"{watched.prefix}often")
    assert rule["ScheduleExpression"] == "rate(2 hours)"
    assert {"Key": "kept", "Value": "1"} in rules.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]


def test_what_takes_the_place_of_another_is_there_before_that_goes(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox: dict[str, Any] = {"type": "s3", "bucket": "uploads", "create": True}
    clock = {"type": "schedule", "expression": "rate(1 hour)"}
    before = [inbox | {"prefix": "a/"}, inbox | {"prefix": "b/"}, clock | {"name": "former"}]
    assert watched.deploy(before).status == "succeeded"
    put, counts = s3.put_notifications, list[tuple[int, int]]()

    def counted(target: Target, bucket: str, *given: Any, **named: Any) -> None:
        were = len(s3.list_notifications(target, bucket))
        put(target, bucket, *given, **named)
        counts.append((were, len(s3.list_notifications(target, bucket))))

    monkeypatch.setattr(s3, "put_notifications", counted)
    after = [inbox | {"prefix": "a/new/"}, inbox | {"prefix": "c/"}, clock | {"name": "latter"}]
    done = watched.deploy(after)
    assert (done.status, done.cause) == ("succeeded", "")
    assert counts == [(2, 2)]  # in one call: no object that comes meanwhile is missed
    names = [step.name for step in done.steps.order_by("position")]
    goes = [name.endswith(": away") for name in names]
    assert goes[-5:] == [False, True, True, True, False]  # what is set up, what goes, what is read back
    configuration = watched.aws.client("s3").get_bucket_notification_configuration(Bucket=f"{watched.prefix}uploads")
    rules = [one["Filter"]["Key"]["FilterRules"] for one in configuration["LambdaFunctionConfigurations"]]
    assert sorted(rule["Value"] for given in rules for rule in given if rule["Value"]) == ["a/new/", "c/"]
    (rule,) = watched.aws.client("events").list_rules(NamePrefix=watched.prefix)["Rules"]
    assert rule["Name"] == f"{watched.prefix}latter"
    assert Trigger.objects.filter(status="live").count() == Trigger.objects.count() == 3


def test_a_rule_of_another_function_is_neither_taken_nor_taken_away(watched: Watched) -> None:
    rule = {"type": "schedule", "name": "daily", "expression": "rate(1 day)"}
    theirs = {"environment": watched.environment, "definition": rule, "key": triggers.read(rule).key, "invoke_url": ""}
    row = TriggerFactory.create(**theirs)
    assert watched.deploy([rule]).error == "TriggerTaken"
    row.delete()

    assert watched.deploy([rule]).status == "succeeded"
    TriggerFactory.create(**theirs)
    gone = watched.deploy([])
    assert (gone.status, gone.cause) == ("succeeded", "")
    assert watched.aws.client("events").list_rules(NamePrefix=f"{watched.prefix}daily")["Rules"]
