"""Takes what is to be compared, one at a time and not too much at once, and writes down what differs since when."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from workflows import selectors
from workflows.aws import errors
from workflows.claims import claim_due, release
from workflows.jobs.drift import functions, machines
from workflows.jobs.drift.differences import Difference, fingerprint
from workflows.jobs.targets import note_reached, note_unreachable, target_of
from workflows.models import Deployment, Drift, Environment, FunctionRevision
from workflows.models.drift import DELETED
from workflows.packaging import DefinitionProblem
from workflows.places import place_of
from workflows.services import definitions, deployments, drift, found
from workflows.services.access import Forbidden

log = structlog.get_logger(__name__)

BATCH = 25  # each costs nine to eleven reads, and some more for each trigger; the clock rings again in five seconds
SOON = timedelta(seconds=5)
LATER = timedelta(minutes=1)
GONE_WITH_IT = ("Function ", "State machine ")
SHIFTING = "It is not compared while another revision has a share of its calls."
OUR_FAULT = "This is a fault in Signalbox; the worker's log has the details."
Save = Callable[[], definitions.Saved]
RELATED = ("environment", "function", "workflow", "accept_by")


def sweep() -> int:
    """Ask for everything live to be compared, and begin; give how many were looked at."""
    for environment in Environment.objects.exclude(account_id=""):
        drift.mark(environment)
    return drain()


def drain() -> int:
    """Compare what is due; give how many were looked at."""
    looked = 0
    while looked < BATCH and (rows := claim_due(_due(), 1, *RELATED)):
        try:
            _look(rows[0])
        except Exception as error:
            log.exception("drift.failed", drift=rows[0].pk)
            release(rows[0], next_check_at=None, problem=f"{type(error).__name__}: {OUR_FAULT}")
        looked += 1
    return looked


def _due() -> QuerySet[Drift]:
    return Drift.objects.filter(next_check_at__lte=timezone.now()).order_by("next_check_at")


def _look(row: Drift) -> None:
    live = _live(row)
    if live is None:
        row.delete()  # nothing of it is deployed there
        return
    if row.function and selectors.shift(row.function, row.environment):
        release(row, next_check_at=None, problem=SHIFTING)
        return
    if _is_being_deployed(row):
        release(row, next_check_at=timezone.now() + SOON)
        return
    try:
        differences, accept = _compare(row, live)
        note_reached([row.environment])
        problem = _accept(row, live, accept, fingerprint(differences)) if row.accept_asked_at else ""
    except errors.Throttled:
        release(row, next_check_at=timezone.now() + SOON)
    except errors.AwsError as error:
        _put_off(row, error)
    else:
        _keep(row, live, differences, problem)


def _put_off(row: Drift, error: errors.AwsError) -> None:
    """Where AWS cannot be reached the others of the environment wait as well; the next sweep asks again."""
    if isinstance(error, errors.Transient):
        note_unreachable(row.environment, str(error))
        others = Drift.objects.filter(environment=row.environment, next_check_at__isnull=False).exclude(pk=row.pk)
        others.update(next_check_at=timezone.now() + LATER)
    said = f"{error.operation}: {error}" if error.operation else str(error)
    not_accepted = {"accept_asked_at": None, "accept_problem": said} if row.accept_asked_at else {}
    release(row, next_check_at=None, problem=said, **not_accepted)


def _live(row: Drift) -> Deployment | None:
    related = ("environment", "function_revision__function", "workflow_revision__workflow", "requested_by")
    rows = Deployment.objects.filter(environment=row.environment, function=row.function, workflow=row.workflow)
    return rows.filter(is_live=True).select_related(*related).defer("function_revision__package").first()


def _is_being_deployed(row: Drift) -> bool:
    rows = Deployment.objects.filter(environment=row.environment, function=row.function, workflow=row.workflow)
    return rows.filter(status__in=["requested", "running"]).exists()


def _keep(row: Drift, live: Deployment, differences: tuple[Difference, ...], problem: str) -> None:
    """Write down what differs, each since it was first seen so; unless something was deployed meanwhile."""
    now = timezone.now()
    still = _live(row)
    if still is None or still.pk != live.pk:
        release(row, next_check_at=now)
        return
    answered = {"accept_asked_at": None, "accept_problem": problem if differences else ""}
    known = {(one["field"], one["live"]): one["since"] for one in row.readable}
    listed = [one.as_dict(known.get((one.field, one.live), now.isoformat())) for one in differences]
    release(
        row,
        next_check_at=None,
        checked_at=now,
        problem="",
        differences=listed,
        fingerprint=fingerprint(differences),
        is_gone=any(one.live == DELETED and one.field.startswith(GONE_WITH_IT) for one in differences),
        differs_since=min((parse_datetime(one["since"]) or now for one in listed), default=None),
        **(answered if row.accept_asked_at or not differences else {}),
    )
    # Somebody may have accepted while AWS was being read.
    Drift.objects.filter(pk=row.pk, accept_asked_at__isnull=False, next_check_at=None).update(next_check_at=now)


# ---- each kind


def _compare(row: Drift, live: Deployment) -> tuple[tuple[Difference, ...], Save]:
    """What differs, and how what is live is saved as a revision."""
    by = row.accept_by if row.accept_asked_at else None
    target, place = target_of(row.environment, by=by), place_of(row.environment)
    if live.function_revision:
        function = functions.look(live, target, place)
        return function.differences, partial(_save_function, row, live, function)
    machine = machines.look(live, target, place)
    return machine.differences, partial(_save_machine, row, live, machine)


def _save_function(row: Drift, live: Deployment, seen: functions.LiveFunction) -> definitions.SavedFunction:
    target, place = target_of(row.environment, by=row.accept_by), place_of(row.environment)
    definition, package = functions.as_definition(live, seen, target, place)
    save = definitions.save_found if live.is_found else definitions.save_function
    return save(definition, package, by=row.accept_by, note=row.accept_note)


def _save_machine(row: Drift, live: Deployment, seen: machines.LiveMachine) -> definitions.SavedWorkflow:
    definition = machines.as_definition(live, seen, place_of(row.environment))
    return definitions.save_workflow(definition, by=row.accept_by, note=row.accept_note)


def _accept(row: Drift, live: Deployment, save: Save, seen: str) -> str:
    """Save what is live as a revision, and deploy that unless it was found there; give why not. Raises AwsError."""
    if not seen:
        return ""  # it is level again: there is nothing to accept
    if seen != row.accept_seen:
        return "It has changed in AWS since you looked. Nothing was accepted: look at what differs now."
    try:
        saved = save()
    except DefinitionProblem as problem:
        return f"What is live cannot be taken as a revision: {problem.file}: {problem.message}."
    except (Forbidden, definitions.NotSaved) as problem:
        return str(problem)
    if live.is_found and isinstance(saved.revision, FunctionRevision):
        role_arn = saved.revision.custom_role_arn
        found.note(row.environment, saved.revision, live.resource_arn, role_arn, by=row.accept_by)
        return ""
    try:
        deployments.request(saved.revision, row.environment, by=row.accept_by)
    except (Forbidden, deployments.NotDeployable) as problem:
        return f"Saved as r{saved.revision.number}, but not deployed: {problem}"
    return ""
