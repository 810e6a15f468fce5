"""SNS: topics, and the subscriptions by which they call functions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.aws.clients import Target, calling, client, pages
from workflows.aws.errors import NotFound


@dataclass(frozen=True, slots=True)
class Subscription:
    """A function that a topic calls; `filter_policy` is None where everything is passed on."""

    arn: str
    filter_policy: Mapping[str, Any] | None


def topic_tags(target: Target, arn: str) -> dict[str, str] | None:
    """The tags of a topic, or None when there is none."""
    try:
        with calling("sns:ListTagsForResource"):
            found = client(target, "sns").list_tags_for_resource(ResourceArn=arn)
    except NotFound:
        return None
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def create_topic(target: Target, name: str, tags: Mapping[str, str]) -> None:
    """Make a topic."""
    rows = [{"Key": key, "Value": value} for key, value in tags.items()]
    with calling("sns:CreateTopic"):
        client(target, "sns").create_topic(Name=name, Tags=rows)


def delete_topic(target: Target, arn: str) -> bool:
    """Do away with a topic; False where something else still listens to it."""
    try:
        if any(_rows(target, arn)):
            return False
        with calling("sns:DeleteTopic"):
            client(target, "sns").delete_topic(TopicArn=arn)
    except NotFound:
        return True
    return True


def get_subscription(target: Target, topic_arn: str, function_arn: str) -> Subscription | None:
    """How a topic calls a function, or None when it does not."""
    found = [row["SubscriptionArn"] for row in _rows(target, topic_arn) if row["Endpoint"] == function_arn]
    if not found:
        return None
    with calling("sns:GetSubscriptionAttributes"):
        kept = client(target, "sns").get_subscription_attributes(SubscriptionArn=found[0])["Attributes"]
    policy = json.loads(kept.get("FilterPolicy") or "{}")
    return Subscription(found[0], policy or None)


def subscribe(target: Target, topic_arn: str, function_arn: str) -> str:
    """Let a topic call a function; give the subscription's ARN. The same again is the same."""
    with calling("sns:Subscribe"):
        answer = client(target, "sns").subscribe(
            TopicArn=topic_arn, Protocol="lambda", Endpoint=function_arn, ReturnSubscriptionArn=True
        )
    return str(answer["SubscriptionArn"])


def put_filter(target: Target, subscription_arn: str, policy: Mapping[str, Any] | None) -> None:
    """Pass on only what fits a filter policy; everything where there is none."""
    with calling("sns:SetSubscriptionAttributes"):
        client(target, "sns").set_subscription_attributes(
            SubscriptionArn=subscription_arn, AttributeName="FilterPolicy", AttributeValue=json.dumps(policy or {})
        )


def unsubscribe(target: Target, subscription_arn: str) -> None:
    """Let a topic call a function no more; nothing where it does not."""
    try:
        with calling("sns:Unsubscribe"):
            client(target, "sns").unsubscribe(SubscriptionArn=subscription_arn)
    except NotFound:
        return


def publish(target: Target, topic_arn: str, message: str, attributes: Mapping[str, str]) -> str:
    """Tell a topic something, with text attributes for filters; give the message's id."""
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    with calling("sns:Publish"):
        answer = client(target, "sns", "ONCE").publish(TopicArn=topic_arn, Message=message, MessageAttributes=typed)
    return str(answer["MessageId"])


def _rows(target: Target, topic_arn: str) -> list[Mapping[str, Any]]:
    call = client(target, "sns").list_subscriptions_by_topic
    found = pages("sns:ListSubscriptionsByTopic", call, "Subscriptions", mark="NextToken", TopicArn=topic_arn)
    return [row for page in found for row in page]
