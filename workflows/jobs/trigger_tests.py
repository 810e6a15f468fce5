"""Tries triggers: sends each something its filter lets through, once, and waits until the function's log tells of it.

Only to what was made here: writing into somebody else's queue or bucket is theirs to do.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.utils import timezone

from workflows import triggers
from workflows.aws import apigateway, dynamodb, errors, events, lambda_, logs, s3, sns, sqs
from workflows.aws.clients import Target
from workflows.claims import claim_due, extend, release
from workflows.jobs.deployments.parts import place_of
from workflows.jobs.targets import target_of
from workflows.log_lines import LogLine, attributed, is_over
from workflows.models import TriggerTest
from workflows.policies import Place
from workflows.triggers import TriggerDefinition, payloads, samples

log = structlog.get_logger(__name__)

PATIENCE_S = 90.0  # a batch window, or a stream that is read for the first time
LOOK_EVERY_S = 0.5
BEFORE = timedelta(seconds=1)  # clocks of two machines
LOOK_BACK = timedelta(minutes=1)  # for runs that are under way
MOST_LINES = 200
LONGEST_ACCEPTANCE_S = 30  # until AWS says that it took an event, not until it was handled
LONGEST_ANSWER = 2_000


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
        _finish(test, "failed", "The worker was lost while it tried this. Test it again.")
        return
    TriggerTest.objects.filter(pk=test.pk).update(status="running")
    try:
        _finish(test, *_outcome(test))
    except NotTried as why:
        _finish(test, "failed", str(why))
    except errors.AwsError as error:
        _finish(test, "failed", f"{error.operation}: {error}")


def _finish(test: TriggerTest, status: str, answer: str) -> None:
    release(test, status=status, sent=test.sent, answer=answer[:LONGEST_ANSWER], finished_at=timezone.now())


def _outcome(test: TriggerTest) -> tuple[str, str]:
    trigger, environment = test.trigger, test.trigger.environment
    definition, place = triggers.read(trigger.definition), place_of(environment)
    target = target_of(environment, by=test.requested_by)
    if definition.type == "http":
        test.sent, answer = _call(definition, trigger.invoke_url, test.payload)
        return "succeeded", answer
    if definition.type != "schedule" and not trigger.owns_source:
        raise NotTried(f"{definition.words} was not made here: put something there yourself, and look at the log.")
    runs = _Runs(target, place.log_group(trigger.function.name))
    if definition.type == "schedule":
        test.sent = _call_as_clock(target, definition, place, trigger.function.name)
        return _await_run(test, runs)
    test.sent, tidy = SENDERS[definition.type](target, definition, place, test.payload)
    try:
        return _await_run(test, runs)
    finally:
        tidy()


class _Runs:
    """The runs of a function that its log tells of, without those that were there before anything was sent."""

    def __init__(self, target: Target, group: str) -> None:
        self._target, self._group, self._begin = target, group, timezone.now() - BEFORE
        self._earlier = {line.request_id for line in self._lines(self._begin - LOOK_BACK)}

    def finished(self) -> list[LogLine]:
        """What the new ones logged, as soon as one of them is over."""
        new = [line for line in self._lines(self._begin) if line.request_id not in self._earlier]
        return new if is_over(new) else []

    def _lines(self, begin: datetime) -> list[LogLine]:
        found = logs.lines(self._target, self._group, begin, timezone.now() + BEFORE, MOST_LINES)
        return attributed(LogLine(line.at, line.stream, line.text) for line in found)


def _await_run(test: TriggerTest, runs: _Runs) -> tuple[str, str]:
    """Until the log tells of a run that began after the sending."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if lines := runs.finished():
            return "succeeded", "\n".join(line.text for line in lines)
        extend(test)
        time.sleep(LOOK_EVERY_S)
    return "failed", f"Nothing was logged by the function within {PATIENCE_S:.0f} s of the sending."


# ---- what is sent, by type


Tidy = Callable[[], None]
Sender = Callable[[Target, TriggerDefinition, Place, str], tuple[str, Tidy]]


def _nothing() -> None:
    """There is nothing to tidy up."""


def _call(trigger: TriggerDefinition, url: str, given: str) -> tuple[str, str]:
    method = "GET" if trigger.settings["method"] == "ANY" else trigger.settings["method"]
    has_query = payloads.has_query(trigger)
    where = samples.filled(url) + (f"?{given.removeprefix('?')}" if given and has_query else "")
    body = "" if has_query else given
    status, answer = apigateway.call(method, where, body)
    return f"{method} {where}\n{body}".strip(), f"{status}\n{answer}"


def _put_object(target: Target, trigger: TriggerDefinition, place: Place, given: str) -> tuple[str, Tidy]:
    bucket, key = triggers.source_name(trigger, place), samples.object_key(trigger)
    s3.put_object(target, bucket, key, given)
    return f"s3://{bucket}/{key}\n{given}", lambda: s3.delete_object(target, bucket, key)


def _send_message(target: Target, trigger: TriggerDefinition, place: Place, given: str) -> tuple[str, Tidy]:
    queue = sqs.get_queue(target, triggers.source_name(trigger, place))
    if queue is None:
        raise NotTried("The queue is gone. Deploy the function again.")
    sqs.send_message(target, queue, given)
    return given, _nothing


def _publish(target: Target, trigger: TriggerDefinition, place: Place, given: str) -> tuple[str, Tidy]:
    attributes = samples.attributes(trigger)
    sns.publish(target, triggers.source_arn(trigger, place), given, attributes)
    return f"{given} {attributes or ''}".strip(), _nothing


def _put_item(target: Target, trigger: TriggerDefinition, place: Place, given: str) -> tuple[str, Tidy]:
    table = triggers.source_name(trigger, place)
    dynamodb.put_item(target, table, samples.MARK, json.loads(given, parse_float=Decimal))
    return f"An item {samples.MARK} in {table}\n{given}", lambda: dynamodb.delete_item(target, table, samples.MARK)


def _put_event(target: Target, trigger: TriggerDefinition, place: Place, given: str) -> tuple[str, Tidy]:
    event = samples.event(trigger)
    events.put_event(target, trigger.settings.get("bus", "default"), event.source, event.kind, given)
    return f"{event.source}, {event.kind}: {given}", _nothing


def _call_as_clock(target: Target, trigger: TriggerDefinition, place: Place, function: str) -> str:
    """A clock cannot be hurried: the function is called in its stead, with what it hands over."""
    given = samples.tick(trigger, place.account_id, place.region, timezone.now())
    lambda_.invoke(target, place.alias_arn(function), given, wait_s=LONGEST_ACCEPTANCE_S, asynchronously=True)
    return given


SENDERS: Mapping[str, Sender] = {
    "s3": _put_object,
    "sqs": _send_message,
    "sns": _publish,
    "dynamodb": _put_item,
    "eventbridge": _put_event,
}
