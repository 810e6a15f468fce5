"""Tries triggers: sends each something its filter lets through, once, and waits until the function's log tells of it.

What was sent has an id or a mark of its own: the run whose log names that is the one it made. A run beside it may be
another call's, and is not taken for it.

Only to what was made here: writing into somebody else's queue or bucket is theirs to do.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import structlog
from django.utils import timezone

from workflows import triggers
from workflows.aws import apigateway, dynamodb, errors, events, lambda_, s3, sns, sqs
from workflows.aws.clients import Target
from workflows.claims import claim_due, extend, release
from workflows.jobs.targets import target_of
from workflows.jobs.trigger_runs import Outcome, Runs
from workflows.models import TriggerTest
from workflows.places import log_group_of, place_of
from workflows.policies import Place
from workflows.triggers import TriggerDefinition, payloads, samples

log = structlog.get_logger(__name__)

LONGEST_ACCEPTANCE_S = 30  # until AWS says that it took an event, not until it was handled
LONGEST_ANSWER = 2_000
SERVER_ERROR = 500


class NotTried(Exception):
    """Nothing was sent, and why."""


def drain() -> int:
    """Try whatever was asked for; give how many."""
    tried = 0
    while rows := claim_due(TriggerTest.objects.filter(finished_at=None).order_by("pk"), 1):
        known = TriggerTest.objects.select_related("trigger__environment", "trigger__function", "requested_by")
        _try(known.get(pk=rows[0].pk))
        tried += 1
    return tried


def _try(test: TriggerTest) -> None:
    if test.status == "running":
        # A worker was lost on the way. What it sent may have arrived: it is not sent again.
        _finish(test, Outcome("failed", "The worker was lost while it tried this. Test it again."))
        return
    TriggerTest.objects.filter(pk=test.pk).update(status="running")
    try:
        _finish(test, _outcome(test))
    except NotTried as why:
        _finish(test, Outcome("failed", str(why)))
    except errors.AwsError as error:
        _finish(test, Outcome("failed", f"{error.operation}: {error}"))


def _finish(test: TriggerTest, outcome: Outcome) -> None:
    told = {"answer": outcome.answer[:LONGEST_ANSWER], "error": outcome.error[:LONGEST_ANSWER]}
    release(test, status=outcome.status, sent=test.sent, finished_at=timezone.now(), **told)


def _outcome(test: TriggerTest) -> Outcome:
    trigger, environment = test.trigger, test.trigger.environment
    definition, place = triggers.read(trigger.definition), place_of(environment)
    target = target_of(environment, by=test.requested_by)
    if definition.type == "http":
        test.sent, outcome = _call(definition, trigger.invoke_url, test.payload)
        return outcome
    if not trigger.is_testable:
        raise NotTried(f"{definition.words} was not made here: put something there yourself, and look at the log.")
    runs = Runs(target, log_group_of(trigger.function, environment), definition.settings.get("batch_window", 0))
    sending = Sending(target, definition, place, test.payload)
    if definition.type == "schedule":
        sent = _call_as_clock(sending, trigger.function.name)
    else:
        sent = SENDERS[definition.type](sending)
    test.sent = sent.text
    try:
        return runs.outcome_of(sent.mark, lambda: extend(test))
    finally:
        sent.tidy()


# ---- what is sent, by type


def _nothing() -> None:
    """There is nothing to tidy up."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent where; `mark` is found nowhere else."""

    target: Target
    trigger: TriggerDefinition
    place: Place
    payload: str
    mark: str = field(default_factory=lambda: f"{samples.MARK}-{uuid.uuid4().hex[:12]}")

    @property
    def source(self) -> str:
        """The name of what it is put into."""
        return triggers.source_name(self.trigger, self.place)


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, in words; what the event that comes of it holds; what takes it away again."""

    text: str
    mark: str
    tidy: Callable[[], None] = _nothing


Sender = Callable[[Sending], Sent]


def _call(trigger: TriggerDefinition, url: str, given: str) -> tuple[str, Outcome]:
    method = "GET" if trigger.settings["method"] == "ANY" else trigger.settings["method"]
    has_query = payloads.has_query(trigger)
    where = samples.filled(url) + (f"?{given.removeprefix('?')}" if given and has_query else "")
    body = "" if has_query else given
    status, answer = apigateway.call(method, where, body)
    sent, answered = f"{method} {where}\n{body}".strip(), f"{status}\n{answer}"
    if status < SERVER_ERROR:
        return sent, Outcome("succeeded", answered)
    return sent, Outcome("raised", answered, f"The address answered {status}: the function's log tells why.")


def _put_object(sending: Sending) -> Sent:
    target, bucket, key = sending.target, sending.source, samples.object_key(sending.trigger, sending.mark)
    s3.put_object(target, bucket, key, sending.payload)
    text = f"s3://{bucket}/{key}\n{sending.payload}"
    if not any("ObjectCreated" in event for event in sending.trigger.settings["events"]):
        # What it waits for is that the object goes.
        s3.delete_object(target, bucket, key)
        return Sent(f"{text}\nand deleted again", sending.mark)
    return Sent(text, sending.mark, lambda: s3.delete_object(target, bucket, key))


def _send_message(sending: Sending) -> Sent:
    queue = sqs.get_queue(sending.target, sending.source)
    if queue is None:
        raise NotTried("The queue is gone. Deploy the function again.")
    return Sent(sending.payload, sqs.send_message(sending.target, queue, sending.payload))


def _publish(sending: Sending) -> Sent:
    attributes, topic = samples.attributes(sending.trigger), triggers.source_arn(sending.trigger, sending.place)
    message_id = sns.publish(sending.target, topic, sending.payload, attributes)
    return Sent(f"{sending.payload} {attributes or ''}".strip(), message_id)


def _put_item(sending: Sending) -> Sent:
    target, table, item_id = sending.target, sending.source, sending.mark
    dynamodb.put_item(target, table, item_id, json.loads(sending.payload, parse_float=Decimal))
    text = f"An item {item_id} in {table}\n{sending.payload}"
    return Sent(text, item_id, lambda: dynamodb.delete_item(target, table, item_id))


def _put_event(sending: Sending) -> Sent:
    event, bus = samples.event(sending.trigger), sending.trigger.settings.get("bus", "default")
    event_id = events.put_event(sending.target, bus, event.source, event.kind, sending.payload)
    return Sent(f"{event.source}, {event.kind}: {sending.payload}", event_id)


def _call_as_clock(sending: Sending, function: str) -> Sent:
    """A clock cannot be hurried: the function is called in its stead, with what it hands over."""
    place = sending.place
    given = samples.tick(sending.trigger, place.account_id, place.region, timezone.now(), sending.mark)
    arn = place.alias_arn(function)
    called = lambda_.invoke(sending.target, arn, given, wait_s=LONGEST_ACCEPTANCE_S, asynchronously=True)
    return Sent(given, called.request_id)


SENDERS: Mapping[str, Sender] = {
    "s3": _put_object,
    "sqs": _send_message,
    "sns": _publish,
    "dynamodb": _put_item,
    "eventbridge": _put_event,
}
