"""SQS: queues that functions read from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from workflows.aws.clients import Target, calling, client
from workflows.aws.errors import NotFound

WAITING = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as it is in AWS; `messages`: about how many are in it; `visibility_s`: how long a taken one is hidden."""

    url: str
    arn: str
    tags: Mapping[str, str]
    messages: int
    visibility_s: int
    dead_letter_arn: str
    max_receives: int


def get_queue(target: Target, name: str) -> Queue | None:
    """A queue of the account by its name, or None."""
    sqs = client(target, "sqs")
    try:
        with calling("sqs:GetQueueUrl"):
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        with calling("sqs:GetQueueAttributes"):
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        with calling("sqs:ListQueueTags"):
            tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
    except NotFound:
        return None
    redrive = json.loads(found.get("RedrivePolicy") or "{}")
    return Queue(
        url=url,
        arn=found["QueueArn"],
        tags=tags,
        messages=sum(int(found.get(name, 0)) for name in WAITING),
        visibility_s=int(found.get("VisibilityTimeout", 0)),
        dead_letter_arn=redrive.get("deadLetterTargetArn", ""),
        max_receives=int(redrive.get("maxReceiveCount", 0)),
    )


def create_queue(target: Target, name: str, tags: Mapping[str, str]) -> None:
    """Make a queue; a name that ends with .fifo keeps the order of its messages."""
    kind = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if name.endswith(".fifo") else {}
    with calling("sqs:CreateQueue"):
        client(target, "sqs").create_queue(QueueName=name, Attributes=kind, tags=dict(tags))


def set_queue(target: Target, queue: Queue, *, visibility_s: int, dead_letter_arn: str, max_receives: int) -> None:
    """Set how long a taken message is hidden, and where one goes that was taken too often (empty: nowhere)."""
    redrive = {"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": max_receives}
    attributes = {
        "VisibilityTimeout": str(visibility_s),
        "RedrivePolicy": json.dumps(redrive) if dead_letter_arn else "",
    }
    with calling("sqs:SetQueueAttributes"):
        client(target, "sqs").set_queue_attributes(QueueUrl=queue.url, Attributes=attributes)


def delete_queue(target: Target, url: str) -> None:
    """Do away with a queue and what is in it; nothing where there is none."""
    try:
        with calling("sqs:DeleteQueue"):
            client(target, "sqs").delete_queue(QueueUrl=url)
    except NotFound:
        return


def send_message(target: Target, queue: Queue, body: str) -> str:
    """Put a message into a queue; give its id."""
    group = {"MessageGroupId": "signalbox"} if queue.url.endswith(".fifo") else {}
    with calling("sqs:SendMessage"):
        answer = client(target, "sqs", "ONCE").send_message(QueueUrl=queue.url, MessageBody=body, **group)
    return str(answer["MessageId"])
