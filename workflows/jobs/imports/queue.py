"""Takes surveys and imports that are due, and writes down what came of each."""

from collections.abc import Callable, Iterator
from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone

from workflows.aws import errors, event_sources, lambda_, resource_policies, stepfunctions
from workflows.claims import LeaseLost, claim_due, extend, release
from workflows.jobs.deployments.parts import owner_tags, place_of
from workflows.jobs.drift.functions import fetch_package, own_tags
from workflows.jobs.drift.machines import with_names
from workflows.jobs.imports.surveys import survey
from workflows.jobs.targets import note_reached, target_of
from workflows.models import Function, FunctionRevision, Import, Survey, Workflow, WorkflowRevision
from workflows.owners import owner_of
from workflows.packaging import DefinitionProblem, FunctionDefinition, WorkflowDefinition
from workflows.policies import OWNER_TAG
from workflows.services import definitions
from workflows.services.access import Forbidden

log = structlog.get_logger(__name__)

OUR_FAULT = "This is a fault in Signalbox; the worker's log has the details."


class NotImported(Exception):
    """It cannot be made a definition, and why."""


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
        found, is_partial = survey(target_of(row.environment), str(row.environment.install), partial(extend, row))
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
    release(row, next_read_at=None, read_at=timezone.now(), found=found, is_partial=is_partial, problem="")


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
    target = target_of(row.environment, by=row.requested_by)
    owner, save = _read_function(row) if row.kind == Import.Kind.FUNCTION else _read_machine(row)
    if row.adopts and owner:
        raise NotImported(f"It is managed by {owner}: it can be looked at here, not adopted.")
    row.left = list(_callers(row)) if row.kind == Import.Kind.FUNCTION else []
    with transaction.atomic():
        _check_free(row)
        revision = save()
    if row.adopts:
        tag = lambda_.tag if row.kind == Import.Kind.FUNCTION else stepfunctions.tag_machine
        tag(target, row.arn, owner_tags(row.environment))
    thing = (
        {"function": revision.function} if isinstance(revision, FunctionRevision) else {"workflow": revision.workflow}
    )
    Import.objects.filter(pk=row.pk).update(owner=owner, left=row.left, **thing)
    release(row, status="succeeded", finished_at=timezone.now())
    survey = Survey.objects.filter(environment=row.environment).first()
    if row.adopts and survey:  # it is ours now
        Survey.objects.filter(pk=survey.pk).update(found=[one for one in survey.found if one["arn"] != row.arn])


def _callers(row: Import) -> Iterator[str]:
    """What calls it there, in words. A trigger made of it here would call a second time, beside what is there."""
    target = target_of(row.environment, by=row.requested_by)
    try:
        for arn in event_sources.list_sources(target, row.arn):
            yield f"It is handed what is found in {arn}"
        for one in resource_policies.list_grants(target, row.arn, None):
            yield f"{one.service} may invoke it{f' as {one.source_arn}' if one.source_arn else ''}"
    except errors.Denied as error:
        yield f"What calls it could not be read: {error.operation} is not allowed"


def _check_free(row: Import) -> None:
    """A worker that was lost on the way may have saved it: then the same content is the same revision."""
    known = Function.objects if row.kind == Import.Kind.FUNCTION else Workflow.objects
    same = Import.objects.filter(kind=row.kind, name=row.name, status="succeeded").exclude(pk=row.pk)
    if known.filter(name=row.name, created_at__lt=row.requested_at).exists() or same.exists():
        raise NotImported(f"There is a {row.kind} called {row.name} here already: choose another name.")


def _owner(tags: dict[str, str], row: Import) -> str:
    if tags.get(OWNER_TAG, str(row.environment.install)) != str(row.environment.install):
        return owner_of(tags) or "another Signalbox"
    return owner_of(tags)


def _read_function(row: Import) -> tuple[str, Callable[[], FunctionRevision]]:
    target = target_of(row.environment, by=row.requested_by)
    found = lambda_.get_function(target, row.arn)
    if found is None:
        raise NotImported("It is not in AWS any more.")
    now = found.configuration
    if not now.runtime:
        raise NotImported("It runs a container image: only functions with a zip can be imported.")
    definition = FunctionDefinition(
        name=row.name,
        runtime=now.runtime,
        handler=now.handler,
        memory=now.memory_mb,
        timeout=now.timeout_s,
        environment=now.environment,
        architecture=found.architecture,
        layers=now.layers,
        storage=now.storage_mb,
        concurrency=found.concurrency,
        dead_letter=now.dead_letter_arn,
        role=now.role_arn,
        tags=own_tags(found.tags),
    )
    package = fetch_package(target, row.arn, None, found.code_sha256)

    def save() -> FunctionRevision:
        return definitions.save_function(definition, package, by=row.requested_by, note=_note(row)).revision

    return _owner(found.tags, row), save


def _read_machine(row: Import) -> tuple[str, Callable[[], WorkflowRevision]]:
    target = target_of(row.environment, by=row.requested_by)
    found = stepfunctions.describe_machine(target, row.arn)
    if found is None:
        raise NotImported("It is not in AWS any more.")
    definition = WorkflowDefinition(
        name=row.name,
        title=row.name,
        type=found.type,
        keys={},
        definition=with_names(found.definition, place_of(row.environment)),
        input_schema="",
    )

    def save() -> WorkflowRevision:
        return definitions.save_workflow(definition, by=row.requested_by, note=_note(row)).revision

    return _owner(found.tags, row), save


def _note(row: Import) -> str:
    return row.note or f"Imported from {row.arn.rsplit(':', 1)[1]}"
