"""Asks for what is live in AWS to be compared with what was deployed, and takes what differs as it is.

Only writes rows; a worker reads AWS. The other answer to what differs is an ordinary deployment.
"""

from django.db import transaction
from django.utils import timezone

from workflows import tasks
from workflows.doorbell import ring
from workflows.models import Deployment, Drift, Environment, Function, User, Workflow
from workflows.policies import OWNER_TAG
from workflows.services import activity
from workflows.services.access import require

MAY_COMPARE = "workflows.view_deployment"
MAY_ACCEPT = "workflows.deploy"


class NothingToAccept(Exception):
    """Nothing differs that could become a revision, or something else than what was looked at."""


class ChangedMeanwhile(NothingToAccept):
    """It is not any more what was looked at."""


def ask(environment: Environment, *, by: User | None, thing: Function | Workflow | None = None) -> None:
    """Ask for one thing that is live there, or for all, to be compared now. Raises Forbidden."""
    require(by, MAY_COMPARE)
    with transaction.atomic():
        mark(environment, thing)
        after = {"environment": environment.slug, "what": str(thing) if thing else "everything"}
        activity.record("drift.compare", thing or environment, by=by, after=after)
        ring(tasks.compare_with_aws)


def mark(environment: Environment, thing: Function | Workflow | None = None) -> None:
    """Have what is live there looked at by a worker."""
    live = Deployment.objects.filter(environment=environment, is_live=True)
    if thing is not None:
        live = live.filter(**{_kind(thing): thing})
    subjects = list(live.values("function_id", "workflow_id"))
    Drift.objects.bulk_create((Drift(environment=environment, **one) for one in subjects), ignore_conflicts=True)
    rows = Drift.objects.filter(environment=environment, next_check_at__isnull=True)
    if thing is not None:
        rows = rows.filter(**{_kind(thing): thing})
    rows.update(next_check_at=timezone.now())


def accept(row: Drift, note: str, *, seen: str, by: User | None) -> None:
    """Let what is live become a revision, in the name of `by`; a worker reads it, saves it and has it deployed.

    `seen` is the fingerprint of the differences that the person looked at. Raises Forbidden, NothingToAccept.
    """
    require(by, MAY_ACCEPT)
    require(by, f"workflows.add_{_kind(row.thing)}revision")
    if not row.can_be_accepted:
        raise NothingToAccept(f"There is nothing in AWS that could become a revision. {_instead(row)}")
    if row.fingerprint != seen:
        raise ChangedMeanwhile("It has changed in AWS since you looked. Look at what differs now.")
    now = timezone.now()
    wish = {"accept_asked_at": now, "accept_by": by, "accept_note": note[:200], "accept_seen": seen}
    with transaction.atomic():
        if not Drift.objects.filter(pk=row.pk, accept_asked_at=None).update(
            **wish, accept_problem="", next_check_at=now
        ):
            return  # somebody else was quicker with the same wish
        after = {"note": note, "environment": row.environment.slug, "fields": [one["field"] for one in row.readable]}
        activity.record("drift.accept", row.thing, by=by, after=after)
        ring(tasks.compare_with_aws)


def _instead(row: Drift) -> str:
    if row.is_disowned:
        return f"Put the tag {OWNER_TAG}={row.environment.install} back there instead."
    return "Deploy again instead." if row.can_be_put_back or not row.differs else "Take it away in AWS instead."


def note_deployed(deployment: Deployment) -> None:
    """What was read back from AWS just now is what was deployed; what had been added beside it is looked for again."""
    rows = Drift.objects.filter(environment=deployment.environment)
    rows = rows.filter(function=deployment.function_id, workflow=deployment.workflow_id)
    now = timezone.now()
    if (row := rows.first()) and row.has_additions:
        rows.update(next_check_at=now, accept_asked_at=None, accept_problem="")
        return
    rows.update(
        checked_at=now,
        differs_since=None,
        is_gone=False,
        differences=[],
        fingerprint="",
        problem="",
        accept_problem="",
        accept_asked_at=None,
    )


def _kind(thing: Function | Workflow) -> str:
    return "function" if isinstance(thing, Function) else "workflow"
