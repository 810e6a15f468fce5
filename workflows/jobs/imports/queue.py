"""Takes surveys and imports that are due, and writes down what came of each."""

from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from workflows.aws import errors, lambda_, stepfunctions
from workflows.claims import LeaseLost, claim_due, extend, release
from workflows.jobs.deployments.parts import owner_tags
from workflows.jobs.imports.reading import NotImported, read_function, read_machine
from workflows.jobs.imports.surveys import survey
from workflows.jobs.targets import note_reached, target_of
from workflows.models import Function, FunctionRevision, Import, Survey, Workflow
from workflows.packaging import DefinitionProblem
from workflows.services import definitions, found, imports
from workflows.services.access import Forbidden

log = structlog.get_logger(__name__)

OUR_FAULT = "This is a fault in Signalbox; the worker's log has the details."


def drain() -> int:
    """Do whatever was asked for; give how many."""
    done = 0
    while rows := claim_due(Survey.objects.filter(next_read_at__lte=timezone.now()), 1, "environment"):
        _survey(rows[0])
        done += 1
    related = ("environment", "requested_by")
    while found := claim_due(Import.objects.filter(finished_at=None).order_by("pk"), 1, *related):
        _import(found[0])
        done += 1
    return done


def _survey(row: Survey) -> None:
    try:
        listed, is_partial = survey(target_of(row.environment), str(row.environment.install), partial(extend, row))
    except LeaseLost:
        return
    except errors.AwsError as error:
        release(row, next_read_at=None, problem=f"{error.operation}: {error}")
        return
    except Exception as error:
        log.exception("survey.failed", survey=row.pk)
        release(row, next_read_at=None, problem=f"{type(error).__name__}: {OUR_FAULT}")
        return
    note_reached([row.environment])
    release(row, next_read_at=None, read_at=timezone.now(), found=listed, is_partial=is_partial, problem="")


def _import(row: Import) -> None:
    try:
        _carry_out(row)
    except NotImported as why:
        _fail(row, str(why))
    except DefinitionProblem as problem:
        _fail(row, f"It cannot be taken as a revision: {problem.file}: {problem.message}.")
    except (Forbidden, definitions.NotSaved) as problem:
        _fail(row, str(problem))
    except errors.AwsError as error:
        _fail(row, f"{error.operation}: {error}")
    except Exception as error:
        log.exception("import.failed", row=row.pk)
        _fail(row, f"{type(error).__name__}: {OUR_FAULT}")


def _fail(row: Import, problem: str) -> None:
    release(row, status="failed", problem=problem, finished_at=timezone.now())


def _carry_out(row: Import) -> None:
    """Read it, save it, and mark it as ours where that was asked for."""
    is_function = row.kind == Import.Kind.FUNCTION
    read = read_function(row) if is_function else read_machine(row)
    if row.adopts and read.owner:
        raise NotImported(f"It is managed by {read.owner}: it can be looked at here, not adopted.")
    with transaction.atomic():
        _check_free(row)
        revision = read.save()
    if row.adopts:
        tag = lambda_.tag if is_function else stepfunctions.tag_machine
        tag(target_of(row.environment, by=row.requested_by), row.arn, owner_tags(row.environment))
    subject: dict[str, Any] = (
        {"function": revision.function} if isinstance(revision, FunctionRevision) else {"workflow": revision.workflow}
    )
    learnt = {"owner": read.owner, "left": list(read.callers.left), "log_group": read.log_group}
    with transaction.atomic():
        if not release(row, status="succeeded", finished_at=timezone.now(), **learnt, **subject):
            return
        if isinstance(revision, FunctionRevision):
            found.note(row.environment, revision, row.arn, read.role_arn, by=row.requested_by)
    known = Survey.objects.filter(environment=row.environment).first()
    if row.adopts and known:  # it is ours now
        Survey.objects.filter(pk=known.pk).update(found=[one for one in known.found if one["arn"] != row.arn])


def _check_free(row: Import) -> None:
    """A worker that was lost on the way may have saved it: then the same content is the same revision."""
    if imports.is_again(row.environment, row.arn, row.kind, row.name):
        return
    is_function = row.kind == Import.Kind.FUNCTION
    known = Function.objects.filter(deleted_at=None) if is_function else Workflow.objects.all()
    same = Import.objects.filter(kind=row.kind, name=row.name, status="succeeded").exclude(pk=row.pk)
    if known.filter(name=row.name, created_at__lt=row.requested_at).exists() or same.exists():
        raise NotImported(f"There is a {row.kind} called {row.name} here already: choose another name.")
