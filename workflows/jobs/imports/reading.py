"""Reads one function or state machine of an account, so that it can be saved as a definition. Only reads."""

from collections.abc import Callable
from dataclasses import dataclass, field

from workflows.aws import lambda_, stepfunctions
from workflows.jobs.drift.functions import fetch_package, own_tags
from workflows.jobs.drift.machines import with_names
from workflows.jobs.imports.callers import Callers, callers_of
from workflows.jobs.targets import target_of
from workflows.models import FunctionRevision, Import, WorkflowRevision
from workflows.owners import owner_of
from workflows.packaging import FunctionDefinition, WorkflowDefinition
from workflows.places import place_of
from workflows.policies import OWNER_TAG
from workflows.services import definitions


class NotImported(Exception):
    """It cannot be made a definition, and why."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read, and how it is saved."""

    owner: str
    save: Callable[[], FunctionRevision | WorkflowRevision]
    role_arn: str = ""
    log_group: str = ""
    callers: Callers = field(default_factory=Callers)


def read_function(row: Import) -> Read:
    """A function, with what calls it. Raises NotImported, AwsError, DefinitionProblem."""
    target = target_of(row.environment, by=row.requested_by)
    found = lambda_.get_function(target, row.arn)
    if found is None:
        raise NotImported("It is not in AWS any more.")
    now = found.configuration
    if not now.runtime:
        raise NotImported("It runs a container image: only functions with a zip can be imported.")
    callers = callers_of(target, row.arn, place_of(row.environment), adopts=row.adopts)
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
        triggers=callers.taken,
    )
    package = fetch_package(target, row.arn, None, found.code_sha256)

    def save() -> FunctionRevision:
        return definitions.save_found(definition, package, by=row.requested_by, note=_note(row)).revision

    return Read(_owner(found.tags, row), save, now.role_arn, found.log_group, callers)


def read_machine(row: Import) -> Read:
    """A state machine. Raises NotImported, AwsError."""
    found = stepfunctions.describe_machine(target_of(row.environment, by=row.requested_by), row.arn)
    if found is None:
        raise NotImported("It is not in AWS any more.")
    definition = WorkflowDefinition(
        name=row.name,
        title=row.name,
        type=found.type,
        keys={},
        definition=with_names(found.definition, place_of(row.environment)),
        input_schema="",
        role=found.role_arn,
    )

    def save() -> WorkflowRevision:
        return definitions.save_workflow(definition, by=row.requested_by, note=_note(row)).revision

    return Read(_owner(found.tags, row), save)


def _owner(tags: dict[str, str], row: Import) -> str:
    if tags.get(OWNER_TAG, str(row.environment.install)) != str(row.environment.install):
        return owner_of(tags) or "another Signalbox"
    return owner_of(tags)


def _note(row: Import) -> str:
    return row.note or f"Imported from {row.arn.rsplit(':', 1)[1]}"
