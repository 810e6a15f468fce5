"""What somebody sets otherwise of a trigger in AWS is told field by field, and put right by deploying again."""

import json
from dataclasses import replace

import pytest

from tests.flows.drifting import OLD, Changed, told
from tests.flows.waiting import until
from workflows import triggers
from workflows.jobs import drift as comparing
from workflows.services import definitions, drift
from workflows.triggers.sources import bucket_name

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
CALLED = [
    {"type": "http", "method": "GET", "path": "/strayed", "cors": ["https://shop.example"]},
    {"type": "s3", "bucket": "strayed", "prefix": "in/", "create": True},
    {"type": "sqs", "queue": "strayed", "batch_size": 5, "dead_letter": True, "create": True},
    {"type": "sns", "topic": "strayed", "filter_policy": {"kind": ["a"]}, "create": True},
    {"type": "dynamodb", "table": "strayed", "create": True},
    {"type": "eventbridge", "name": "strayed", "pattern": {"source": ["shop"]}},
    {"type": "schedule", "name": "often", "expression": "rate(1 hour)", "input": {"by": "the clock"}},
]
EXPECTED = {
    "HTTP route GET /strayed: CORS, origins": ("https://shop.example", "https://else.example"),
    "HTTP route GET /strayed: CORS, methods": ("*", "GET"),
    "S3 bucket strayed/in/*: notification, prefix": ("in/", "out/"),
    "SQS queue strayed: settings, visibility timeout": ("60 s", "90 s"),
    "SQS queue strayed: mapping, filter": ("none", '{"body": {"a": [1]}}'),
    "SNS topic strayed: subscription, filter policy": ('{"kind": ["a"]}', '{"kind": ["b"]}'),
    "DynamoDB stream strayed: mapping": ("Has it read 100 at a time", "deleted in AWS"),
    "EventBridge rule strayed: rule, state": ("ENABLED", "DISABLED"),
    "Schedule often, rate(1 hour): rule, schedule": ("rate(1 hour)", "rate(2 hours)"),
    "Schedule often, rate(1 hour): target, input": ('{"by": "the clock"}', "none"),
}


def stray(changed: Changed) -> None:
    """Set something of each otherwise."""
    client, prefix = changed.aws.client, changed.environment.name_prefix
    [api] = [one for one in client("apigatewayv2").get_apis()["Items"] if one["Name"] == changed.name]
    cors = {"AllowOrigins": ["https://else.example"], "AllowMethods": ["GET"], "AllowHeaders": ["content-type"]}
    client("apigatewayv2").update_api(ApiId=api["ApiId"], CorsConfiguration={**cors, "MaxAge": 300})
    bucket = bucket_name(f"{prefix}strayed")
    found = client("s3").get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"]
    found[0]["Filter"]["Key"]["FilterRules"] = [{"Name": "prefix", "Value": "out/"}]
    client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": found}
    )
    queue = client("sqs").get_queue_url(QueueName=f"{prefix}strayed")["QueueUrl"]
    client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "90"})
    for mapping in changed.functions.list_event_source_mappings()["EventSourceMappings"]:
        pattern = {"Filters": [{"Pattern": json.dumps({"body": {"a": [1]}})}]}
        if ":sqs:" in mapping["EventSourceArn"]:
            changed.functions.update_event_source_mapping(UUID=mapping["UUID"], FilterCriteria=pattern)
        else:
            changed.functions.delete_event_source_mapping(UUID=mapping["UUID"])
    for one in client("sns").list_subscriptions()["Subscriptions"]:
        client("sns").set_subscription_attributes(
            SubscriptionArn=one["SubscriptionArn"], AttributeName="FilterPolicy", AttributeValue='{"kind": ["b"]}'
        )
    client("events").disable_rule(Name=f"{prefix}strayed")
    client("events").put_rule(Name=f"{prefix}often", ScheduleExpression="rate(2 hours)")
    target = client("events").list_targets_by_rule(Rule=f"{prefix}often")["Targets"][0]
    client("events").put_targets(Rule=f"{prefix}often", Targets=[{"Id": target["Id"], "Arn": target["Arn"]}])


def live_with_triggers(changed: Changed) -> None:
    called = replace(definitions.definition_of(changed.revision), triggers=triggers.read_all(CALLED))
    changed.revision = definitions.save_function(called, OLD, by=None).revision
    changed.deploy(changed.revision)
    changed.compare()
    assert told(changed.of_function()) == {}


def test_what_was_set_otherwise_is_told_and_put_right(changed: Changed) -> None:
    live_with_triggers(changed)
    stray(changed)
    changed.compare()
    assert told(changed.of_function()) == EXPECTED
    changed.deploy(changed.revision)
    changed.compare()
    assert told(changed.of_function()) == {}


def test_what_a_definition_can_say_is_accepted_and_the_rest_put_back(changed: Changed) -> None:
    live_with_triggers(changed)
    stray(changed)
    changed.compare()
    row = changed.of_function()
    assert {*row.thrown_back} == {*EXPECTED} - {
        "HTTP route GET /strayed: CORS, origins",
        "S3 bucket strayed/in/*: notification, prefix",
        "SQS queue strayed: mapping, filter",
        "SNS topic strayed: subscription, filter policy",
        "Schedule often, rate(1 hour): rule, schedule",
        "Schedule often, rate(1 hour): target, input",
    }

    drift.accept(row, "", seen=row.fingerprint, by=changed.person)
    until(lambda: comparing.drain() == 0)
    changed.work()
    taken = {one["type"]: one for one in changed.revision.function.revisions.order_by("-number")[0].triggers}
    assert taken["http"]["cors"] == ["https://else.example"]
    assert taken["s3"]["prefix"] == "out/"
    assert taken["sqs"]["filter"] == {"body": {"a": [1]}}
    assert taken["sns"]["filter_policy"] == {"kind": ["b"]}
    assert (taken["schedule"]["expression"], taken["schedule"].get("input")) == ("rate(2 hours)", None)
    assert taken["eventbridge"] == CALLED[5]
    changed.compare()
    assert told(changed.of_function()) == {}
    rule = changed.aws.client("events").describe_rule(Name=f"{changed.environment.name_prefix}strayed")
    assert rule["State"] == "ENABLED"
