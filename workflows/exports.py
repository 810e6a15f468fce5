"""READS: what a revision takes along when it leaves as a file: with a workflow go the functions that it names."""

from collections.abc import Iterable
from dataclasses import replace

from workflows import policies, selectors, variables
from workflows.exchange import Bundle, Carried
from workflows.models import FunctionRevision, WorkflowRevision
from workflows.packaging import Package, WorkflowDefinition
from workflows.services import definitions


def of_function(revision: FunctionRevision, *, may_reveal: bool) -> Bundle:
    """A function as it is at one revision."""
    return Bundle(functions=(_carried(revision, may_reveal=may_reveal),))


def of_workflow(revision: WorkflowRevision, *, may_reveal: bool) -> Bundle:
    """A workflow at one revision, with the newest of each function it names, and of those that they invoke."""
    workflow = WorkflowDefinition(
        name=revision.workflow.name,
        title=revision.workflow.title,
        type=revision.type,
        keys=revision.keys,
        definition=revision.definition,
        input_schema=revision.input_schema,
        unique_references=revision.unique_references,
        role=revision.custom_role_arn,
    )
    functions = _with_called(policies.names_in(revision.definition))
    return Bundle(tuple(_carried(one, may_reveal=may_reveal) for one in functions), (workflow,))


def _with_called(names: Iterable[str]) -> list[FunctionRevision]:
    found: dict[str, FunctionRevision] = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop(0)
        if name not in found and (revision := selectors.newest_function(name)):
            found[name] = revision
            wanted += policies.invoked_by(revision.permissions)
    return list(found.values())


def _carried(revision: FunctionRevision, *, may_reveal: bool) -> Carried:
    definition = definitions.definition_of(revision)
    shown = variables.shown(definition.environment, may_reveal=may_reveal)
    package = Package(bytes(revision.package), revision.package_sha256)
    return Carried(replace(definition, environment=shown), package)
