"""Loads the two trees of definitions, `lambda_src/` and `workflows/definitions/`, into revisions."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workflows import packaging
from workflows.models import Function, FunctionRevision, User, Workflow, WorkflowRevision
from workflows.packaging import DefinitionProblem, WorkflowDefinition
from workflows.services import definitions, invocations
from workflows.services.invocations import NotInvocable


@dataclass(frozen=True, slots=True)
class Loaded:
    """One folder, brought in: its revision, and whether that is new."""

    folder: Path
    revision: FunctionRevision | WorkflowRevision
    is_new: bool


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """One folder that could not be brought in, and why; the others go on."""

    folder: Path
    problem: str


def load_functions(tree: Path, *, by: User | None) -> Iterator[Loaded | NotLoaded]:
    """Save every folder of `tree` that has a function.toml, and keep the payloads it names."""
    for folder in _folders(tree, packaging.FUNCTION_FILE):
        try:
            definition, package = packaging.read_function(folder), packaging.pack(folder)
            payloads = packaging.read_payloads(folder)
            saved = definitions.save_function(definition, package, by=by, from_tree=True)
            _keep(saved.revision.function, payloads, by)
        except (DefinitionProblem, NotInvocable) as problem:
            yield NotLoaded(folder, str(problem))
        else:
            yield Loaded(folder, saved.revision, saved.is_new)


def _keep(function: Function, payloads: Mapping[str, str], by: User | None) -> None:
    """What it is tried with: one of a name that is there already is somebody's, and stays as it is.

    What was offered before and is not there was deleted, and stays so until the file has another of its name.
    """
    offered = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in payloads.items()}
    there = set(function.payloads.values_list("name", flat=True))
    for name, text in payloads.items():
        if name not in there and function.offered_payloads.get(name) != offered[name]:
            invocations.save_payload(function, name, text, by=by)
    if not offered.items() <= function.offered_payloads.items():
        function.offered_payloads = function.offered_payloads | offered
        function.save(update_fields=["offered_payloads"])


def load_workflows(tree: Path, *, by: User | None) -> Iterator[Loaded | NotLoaded]:
    """Save every folder of `tree` that has a workflow.toml."""
    for folder in _folders(tree, packaging.WORKFLOW_FILE):
        try:
            saved = _save(packaging.read_workflow(folder), by)
        except (DefinitionProblem, definitions.NotSaved) as problem:
            yield NotLoaded(folder, str(problem))
        else:
            yield Loaded(folder, saved.revision, saved.is_new)


def _save(definition: WorkflowDefinition, by: User | None) -> definitions.SavedWorkflow:
    """Keep it, under the title somebody gave it here unless the file has another than before."""
    offered = definition.title
    known = Workflow.objects.filter(name=definition.name, offered_title=offered).first()
    saved = definitions.save_workflow(replace(definition, title=known.title) if known else definition, by=by)
    Workflow.objects.filter(name=definition.name).exclude(offered_title=offered).update(offered_title=offered)
    return saved


def _folders(tree: Path, file: str) -> Iterable[Path]:
    return sorted(path.parent for path in tree.glob(f"*/{file}"))
