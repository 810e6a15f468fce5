"""A state machine as it is live: read, compared with its deployment, and made a definition again. Only reads in AWS."""

from dataclasses import dataclass

from workflows.aws import stepfunctions
from workflows.aws.clients import Target
from workflows.jobs.drift.differences import NONE, Difference, compared
from workflows.jobs.drift.functions import of_role
from workflows.models import Deployment, Function, WorkflowRevision
from workflows.models.drift import DELETED
from workflows.packaging import WorkflowDefinition
from workflows.policies import ALIAS, OWNER_TAG, Place


@dataclass(frozen=True, slots=True)
class LiveMachine:
    """What would run: the version the alias leads to where somebody moved it, else the machine itself."""

    definition: str | None
    role_arn: str
    differences: tuple[Difference, ...]


def look(deployment: Deployment, target: Target, place: Place) -> LiveMachine:
    """Read the state machine of a live deployment, and say what differs. Raises AwsError."""
    revision = _revision(deployment)
    arn = place.machine_arn(revision.workflow.name)
    found = stepfunctions.describe_machine(target, arn)
    if found is None:
        name = place.machine_name(revision.workflow.name)
        gone = Difference(f"State machine {name}", deployment.version_arn, DELETED, is_acceptable=False)
        return LiveMachine(None, "", (gone,))
    version = stepfunctions.machine_alias(target, f"{arn}:{ALIAS}")
    is_moved = version is not None and version != deployment.version_arn
    definition, role_arn = found.definition, found.role_arn
    if version and is_moved:
        definition, role_arn = stepfunctions.version_content(target, version)
    install = str(deployment.environment.install)
    differences = (
        *compared(
            {"Definition": deployment.definition, "Role": deployment.role_arn},
            {"Definition": definition, "Role": role_arn},
        ),
        *compared(
            {
                f"Alias {ALIAS}": deployment.version_arn,
                f"Tag {OWNER_TAG}": install,
            },
            {
                f"Alias {ALIAS}": version or DELETED,
                f"Tag {OWNER_TAG}": found.tags.get(OWNER_TAG, NONE),
            },
            is_acceptable=False,
        ),
        *of_role(deployment, target, place.role_name("workflow", revision.workflow.name), "states.amazonaws.com"),
    )
    return LiveMachine(definition, role_arn, differences)


def as_definition(deployment: Deployment, live: LiveMachine, place: Place) -> WorkflowDefinition:
    """The workflow as it is live, with title, schema and keys from the deployed revision."""
    revision = _revision(deployment)
    assert live.definition is not None  # noqa: S101 - what is gone cannot be accepted
    return WorkflowDefinition(
        name=revision.workflow.name,
        title=revision.workflow.title,
        type=revision.type,
        keys=revision.keys,
        definition=with_names(live.definition, place),
        input_schema=revision.input_schema,
        unique_references=revision.unique_references,
        role=revision.custom_role_arn if live.role_arn == deployment.role_arn else live.role_arn,
    )


def with_names(definition: str, place: Place) -> str:
    """The text with `${Function}` in place of the ARN of each function that is known here."""
    for name in Function.objects.values_list("name", flat=True):
        definition = definition.replace(f'"{place.alias_arn(name)}"', f'"${{{name}}}"')
    return definition


def _revision(deployment: Deployment) -> WorkflowRevision:
    revision = deployment.workflow_revision
    assert revision is not None  # noqa: S101 - by the caller's choice
    return revision
