"""Asks for a trigger to be tried. Only writes a row; a worker sends something and waits for the function to run."""

from django.db import transaction

from workflows import tasks, triggers
from workflows.doorbell import ring
from workflows.models import Trigger, TriggerTest, User
from workflows.services import activity
from workflows.services.access import require
from workflows.triggers import payloads

MAY_TEST = "workflows.deploy"


class NotLive(Exception):
    """The trigger is not set up in AWS, or listens to what belongs to others: there is nothing to try."""


class NotSendable(Exception):
    """What was given cannot be sent to a trigger of its type."""


def request(trigger: Trigger, payload: str | None = None, *, by: User | None) -> TriggerTest:
    """Ask for a test with `payload`, or with something its filter lets through; one still going on is given back.

    Raises Forbidden, NotLive, NotSendable.
    """
    require(by, MAY_TEST)
    definition = triggers.read(trigger.definition)
    given = payloads.default(definition) if payload is None else payload
    if payload is not None and (problem := payloads.problem(definition, payload)):
        raise NotSendable(problem)
    if trigger.status != "live":
        raise NotLive("It is not live yet. Deploy the function first.")
    if not trigger.is_testable:
        raise NotLive(f"{definition.words} was not made here: put something there yourself, and look at the log.")
    with transaction.atomic():
        Trigger.objects.select_for_update().get(pk=trigger.pk)
        if already := trigger.tests.filter(finished_at=None).first():
            return already
        test = TriggerTest.objects.create(trigger=trigger, payload=given, requested_by=by)
        activity.record("trigger.test", trigger, by=by, after={"function": trigger.function.name, "key": trigger.key})
        ring(tasks.test_triggers)
    return test
