"""Asks for a trigger to be tried. Only writes a row; a worker sends something and waits for the function to run."""

from django.db import transaction

from workflows import tasks
from workflows.doorbell import ring
from workflows.models import Trigger, TriggerTest, User
from workflows.services import activity
from workflows.services.access import require

MAY_TEST = "workflows.deploy"


class NotLive(Exception):
    """The trigger is not set up in AWS, so there is nothing to try."""


def request(trigger: Trigger, *, by: User | None) -> TriggerTest:
    """Ask for a test; one that is still going on is given back, not doubled. Raises Forbidden, NotLive."""
    require(by, MAY_TEST)
    if trigger.status != "live":
        raise NotLive("It is not live yet. Deploy the function first.")
    with transaction.atomic():
        Trigger.objects.select_for_update().get(pk=trigger.pk)
        if already := trigger.tests.filter(finished_at=None).first():
            return already
        test = TriggerTest.objects.create(trigger=trigger, requested_by=by)
        activity.record("trigger.test", trigger, by=by, after={"function": trigger.function.name, "key": trigger.key})
        ring(tasks.test_triggers)
    return test
