"""Asks for a function to be deleted: out of every environment it is in, then out of the lists. Only writes rows."""

from django.db import transaction
from django.utils import timezone

from workflows import removals, tasks
from workflows.doorbell import ring
from workflows.models import Deployment, Drift, Environment, Function, User
from workflows.removals import Use
from workflows.services import activity
from workflows.services.access import require

MAY_REMOVE = "workflows.deploy"


class NotRemovable(Exception):
    """It cannot be deleted now, and why; `uses` is what would fail without it."""

    def __init__(self, why: str, uses: list[Use] | None = None) -> None:
        super().__init__(why)
        self.uses = uses or []


def request(function: Function, *, by: User | None) -> list[Deployment]:
    """Ask for a function to be taken out of each environment where it is; a wish still open is given back.

    What is in none is deleted at once: kept with its revisions, and no longer listed. Raises Forbidden, NotRemovable.
    """
    require(by, MAY_REMOVE)
    with transaction.atomic():
        function = Function.objects.select_for_update().get(pk=function.pk)
        places = removals.places(function)
        # As whoever asks for a deployment does: none begins beside this.
        list(Environment.objects.select_for_update().filter(pk__in=[one.pk for one in places]).order_by("pk"))
        if already := [row for row in removals.under_way(function) if row.removes]:
            return already
        _check_removable(function)
        rows = [_ask(function, environment, by) for environment in places]
        after = {"environments": [one.slug for one in places]}
        activity.record("function.delete", function, by=by, after=after)
        if rows:
            ring(tasks.deploy)
        else:
            settle(function)
    return rows


def settle(function: Function) -> bool:
    """Mark a function deleted once it is in no environment, and nothing is on its way there."""
    if removals.places(function) or removals.under_way(function).exists():
        return False
    # What an import found of it stays in AWS, and is looked at no more.
    Deployment.objects.filter(function=function, is_live=True).update(is_live=False)
    Drift.objects.filter(function=function).delete()
    return bool(Function.objects.filter(pk=function.pk, deleted_at=None).update(deleted_at=timezone.now()))


def _check_removable(function: Function) -> None:
    if function.deleted_at:
        raise NotRemovable(f"{function} is deleted already.")
    if busy := removals.under_way(function).first():
        raise NotRemovable(f"{busy.requested_by or 'Signalbox itself'} deploys {busy.revision} at this moment.")
    if uses := removals.uses(function):
        raise NotRemovable(f"{function} is used by {', '.join(map(str, uses))}.", uses)


def _ask(function: Function, environment: Environment, by: User | None) -> Deployment:
    last = Deployment.objects.filter(function=function, environment=environment).order_by("-is_live", "-pk")[0]
    return Deployment.objects.create(
        environment=environment,
        function=function,
        function_revision_id=last.function_revision_id,
        removes=True,
        requested_by=by,
        next_attempt_at=timezone.now(),
    )
