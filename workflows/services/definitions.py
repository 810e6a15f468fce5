"""Saves functions and workflows as immutable revisions; the same content again is the same revision."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import models, transaction

from workflows import archives, inputs, packaging, policies, runtimes, syntax, triggers, variables
from workflows.asl import checker
from workflows.evaluation import evaluator
from workflows.models import Environment, Function, FunctionRevision, Import, User, Workflow, WorkflowRevision
from workflows.packaging import (
    DefinitionProblem,
    FunctionDefinition,
    Package,
    WorkflowDefinition,
    function_values,
    read_permission,
)
from workflows.services import activity, imports, sole_triggers
from workflows.services.access import require

# Left out of a revision's SHA-256 where they say nothing: revisions older than these keep theirs.
_ADDED_LATER: dict[str, Any] = {
    "architecture": "x86_64",
    "layers": [],
    "storage_mb": 512,
    "concurrency": None,
    "dead_letter_arn": "",
    "on_failure_arn": "",
    "custom_role_arn": "",
    "tags": {},
    "triggers": [],
}

TAKEN_AWAY = ("concurrency", "role", "dead_letter", "on_failure")  # by nothing in their place


@dataclass(frozen=True, slots=True)
class SavedFunction:
    """The revision holding the content, and whether it is new."""

    revision: FunctionRevision
    is_new: bool


@dataclass(frozen=True, slots=True)
class SavedWorkflow:
    """The revision holding the content, and whether it is new; the title is the workflow's, not the revision's."""

    revision: WorkflowRevision
    is_new: bool
    is_renamed: bool = False


Saved = SavedFunction | SavedWorkflow


@dataclass(frozen=True, slots=True)
class Base:
    """What a change of a workflow was begun from; what is None may be anything by now."""

    revision: int | None = None
    title: str | None = None


class Overtaken(Exception):
    """Somebody else changed it since this change was begun; `title` is what it is called by now."""

    def __init__(self, message: str, title: str) -> None:
        super().__init__(message)
        self.title = title


class NotSaved(Exception):
    """The content is not even text that can be kept: `problems` say what and where."""

    def __init__(self, problems: list[inputs.FieldProblem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = problems


def save_function(
    definition: FunctionDefinition, package: Package, *, by: User | None, note: str = "", from_tree: bool = False
) -> SavedFunction:
    """Keep a function's code and configuration.

    Raises Forbidden, and DefinitionProblem for a trigger that is taken, a handler that is missing, what is read-only.
    A function that was deleted is restored by it.

    What is the same as the newest revision is no new one. `from_tree`: nor is what any revision was, for the tree is
    loaded at every start, also after somebody has gone on from it; and what was deleted here stays so.
    """
    return _save_function(definition, package, by=by, note=note, from_tree=from_tree, may_be_foreign=False)


def save_found(definition: FunctionDefinition, package: Package, *, by: User | None, note: str = "") -> SavedFunction:
    """The same of what AWS has, which may be managed by another tool: to know what is there changes nothing of it.

    Raises Forbidden, DefinitionProblem.
    """
    return _save_function(definition, package, by=by, note=note, from_tree=False, may_be_foreign=True)


def _save_function(
    definition: FunctionDefinition,
    package: Package,
    *,
    by: User | None,
    note: str,
    from_tree: bool,
    may_be_foreign: bool,
) -> SavedFunction:
    require(by, "workflows.add_functionrevision")
    check_function(definition, package)
    if twin := _twin(Function, definition.name):
        raise DefinitionProblem("name", _TWINS.format(twin))
    content = _content(definition, package)
    problems = syntax.of_package(definition.runtime, definition.handler, package.content)
    with transaction.atomic():
        function, _ = Function.objects.select_for_update().get_or_create(name=definition.name)
        if not may_be_foreign and (refusal := imports.read_only(function)):
            raise DefinitionProblem("name", refusal.rstrip("."))
        if function.deleted_at and from_tree:
            raise DefinitionProblem(
                "name", f"{function} was deleted here, and is not loaded until somebody restores it"
            )
        restore(function, by=by)
        sha256 = _of_function(content)
        known = function.revisions.order_by("-number")
        known = known.filter(sha256=sha256) if from_tree else known[:1]
        if (same := known.first()) and same.sha256 == sha256:
            return SavedFunction(same, is_new=False)
        revision = FunctionRevision.objects.create(
            function=function,
            number=_next_number(function.revisions),
            sha256=sha256,
            package=package.content,
            package_bytes=len(package.content),
            problems=problems,
            note=note,
            created_by=by,
            **content,
        )
        # The record is for everybody's eyes; values of variables are not.
        told = content | {"environment": sorted(definition.environment)}
        activity.record("function.save", revision, by=by, after=told)
    return SavedFunction(revision, is_new=True)


_TWINS = "there is {}, which differs in capital letters only: IAM takes the names of their roles for one"


def _twin(model: type[Function] | type[Workflow], name: str) -> str:
    """What is called the same but for its capital letters, unless there is one of the very name."""
    names = list(model.objects.filter(name__iexact=name).values_list("name", flat=True))
    return "" if name in names or not names else names[0]


def restore(function: Function, *, by: User | None) -> bool:
    """List a deleted function again; it is deployed nowhere. False where it was not deleted. Raises Forbidden."""
    require(by, "workflows.add_functionrevision")
    with transaction.atomic():
        was = Function.objects.select_for_update().get(pk=function.pk).deleted_at
        if was is None:
            return False
        Function.objects.filter(pk=function.pk).update(deleted_at=None)
        function.deleted_at = None
        activity.record("function.restore", function, by=by, before={"deleted_at": was.isoformat()})
    return True


@transaction.atomic
def save_change(
    name: str,
    package: bytes | None,
    changed: Mapping[str, Any],
    *,
    by: User | None,
    note: str = "",
    base: int | None = None,
) -> SavedFunction:
    """Keep other code, or some of a function's configuration in the words of function.toml; all else stays.

    What need not be there is taken away by null or an empty text. What does not exist yet begins with AWS's defaults.
    Raises Forbidden, DefinitionProblem, and Overtaken where there is a newer revision than `base`.
    """
    require(by, "workflows.add_functionrevision")
    Function.objects.select_for_update().filter(name=name).first()  # who comes second waits, and finds what is new
    newest = FunctionRevision.objects.filter(function__name=name).select_related("function").order_by("-number").first()
    if base is not None and newest is not None and newest.number > base:
        raise Overtaken(f"r{newest.number} was saved meanwhile.", name)
    known = function_values(definition_of(newest)) if newest else {}
    given = {**known, **changed, "name": name}
    wanted = {key: value for key, value in given.items() if key not in TAKEN_AWAY or value not in (None, "")}
    definition = packaging.function_from(name, wanted)
    values = variables.typed(definition.environment, newest.environment if newest else {})
    if package is not None:
        archives.check(package)
        code = Package(package, hashlib.sha256(package).hexdigest())
    elif newest is not None:
        code = Package(bytes(newest.package), newest.package_sha256)
    else:
        raise DefinitionProblem("package", "there is no such function yet: send its code, as a zip")
    return save_function(replace(definition, environment=values), code, by=by, note=note)


def check_function(definition: FunctionDefinition, package: Package) -> None:
    """Raises DefinitionProblem for a trigger that is taken or a handler that is missing."""
    _check_triggers(definition)
    _check_resources(definition)
    sole_triggers.check_free(definition.name, definition.triggers)
    _check_handler(definition, package)


def draft(definition: FunctionDefinition, package: Package) -> FunctionRevision:
    """The revision that saving this would make; it is not saved."""
    content = _content(definition, package)
    return FunctionRevision(
        sha256=_of_function(content),
        package=package.content,
        package_bytes=len(package.content),
        problems=syntax.of_package(definition.runtime, definition.handler, package.content),
        **content,
    )


def definition_of(revision: FunctionRevision) -> FunctionDefinition:
    """What a revision was saved from, but for its package."""
    return FunctionDefinition(
        name=revision.function.name,
        runtime=revision.runtime,
        handler=revision.handler,
        memory=revision.memory_mb,
        timeout=revision.timeout_s,
        environment=revision.environment,
        permissions=tuple(read_permission("permissions", one) for one in revision.permissions),
        triggers=triggers.read_all(revision.triggers),
        architecture=revision.architecture,
        layers=tuple(revision.layers),
        storage=revision.storage_mb,
        concurrency=revision.concurrency,
        dead_letter=revision.dead_letter_arn,
        on_failure=revision.on_failure_arn,
        role=revision.custom_role_arn,
        tags=revision.tags,
    )


def save_workflow(
    definition: WorkflowDefinition, *, by: User | None, note: str = "", base: Base | None = None
) -> SavedWorkflow:
    """Keep a workflow's definition, schema and keys, with what the checker says of them.

    Errors AWS would refuse it for are kept beside it and keep it from being deployed. Raises Forbidden, NotSaved for a
    schema, key path or role that cannot be used, and Overtaken where it is not any more as the change was begun from.
    """
    require(by, "workflows.add_workflowrevision")
    check_workflow(definition)
    if twin := _twin(Workflow, definition.name):
        raise NotSaved([inputs.FieldProblem("/name", f"{_TWINS.format(twin)}.")])
    content = _content_of(definition)
    problems = check(definition.definition, definition.type)
    with transaction.atomic():
        workflow, _ = Workflow.objects.select_for_update().get_or_create(
            name=definition.name, defaults={"title": definition.title}
        )
        if refusal := imports.read_only(workflow):
            raise NotSaved([inputs.FieldProblem("/definition", refusal)])
        if base is not None:
            _check_base(workflow, base, definition.title)
        was_called = workflow.title
        Workflow.objects.filter(pk=workflow.pk).exclude(title=definition.title).update(title=definition.title)
        sha256 = _sha256(content)
        if same := workflow.revisions.filter(sha256=sha256).first():
            is_renamed = was_called != definition.title
            if is_renamed:
                before, after = {"title": was_called}, {"title": definition.title}
                activity.record("workflow.rename", workflow, by=by, before=before, after=after)
            return SavedWorkflow(same, is_new=False, is_renamed=is_renamed)
        revision = WorkflowRevision.objects.create(
            workflow=workflow,
            number=_next_number(workflow.revisions),
            sha256=sha256,
            problems=problems,
            note=note,
            created_by=by,
            **content,
        )
        activity.record("workflow.save", revision, by=by, after=content)
    return SavedWorkflow(revision, is_new=True)


def _check_base(workflow: Workflow, base: Base, title: str) -> None:
    newest = workflow.revisions.aggregate(newest=models.Max("number"))["newest"] or 0
    if base.revision is not None and newest > base.revision:
        raise Overtaken(f"r{newest} was saved meanwhile.", workflow.title)
    if base.title is not None and workflow.title not in (base.title, title):
        raise Overtaken(f"Somebody called it “{workflow.title}” meanwhile.", workflow.title)


def check(definition: str, type: str) -> list[dict[str, Any]]:
    """What AWS would refuse a definition for, and what else can be said against it; as kept with a revision."""
    return [
        problem.as_dict()
        for problem in checker.check(
            definition, "EXPRESS" if type == "EXPRESS" else "STANDARD", evaluator(), function_names()
        )
    ]


def function_names() -> dict[str, str]:
    """By what a function may be called, here, with each environment's prefix and where it was found: its name here."""
    names = list(Function.objects.filter(deleted_at=None).values_list("name", flat=True))
    prefixes = dict.fromkeys(["", *Environment.objects.order_by("slug").values_list("name_prefix", flat=True)])
    found = Import.objects.filter(kind=Import.Kind.FUNCTION, status="succeeded", name__in=names).order_by("pk")
    imported = {arn.rpartition(":")[2]: name for name, arn in found.values_list("name", "arn")}
    return imported | {f"{prefix}{name}": name for prefix in reversed(prefixes) for name in names}


def check_workflow(definition: WorkflowDefinition) -> None:
    """Raises NotSaved for a schema, key path or role that cannot be used."""
    problems = [
        inputs.FieldProblem(f"/input_schema{problem.path}", problem.message)
        for problem in inputs.check_schema(definition.input_schema)
    ]
    problems += [
        inputs.FieldProblem(f"/keys/{name}", f"{path} is not a path to one value, such as $.customer.id.")
        for name, path in definition.keys.items()
        if not inputs.is_key_path(path)
    ]
    if definition.role and not packaging.ROLE_ARN.fullmatch(definition.role):
        problems.append(inputs.FieldProblem("/role", f"This must be {packaging.WANTED['role']}."))
    if problems:
        raise NotSaved(problems)


def draft_workflow(definition: WorkflowDefinition) -> WorkflowRevision:
    """The revision that saving this would make; it is not saved."""
    content = _content_of(definition)
    problems = check(definition.definition, definition.type)
    return WorkflowRevision(sha256=_sha256(content), problems=problems, **content)


def _content(definition: FunctionDefinition, package: Package) -> dict[str, Any]:
    return {
        "runtime": definition.runtime,
        "handler": definition.handler,
        "memory_mb": definition.memory,
        "timeout_s": definition.timeout,
        "environment": definition.environment,
        "permissions": [permission.as_dict() for permission in definition.permissions],
        "triggers": [trigger.as_dict() for trigger in definition.triggers],
        "package_sha256": package.sha256,
        "architecture": definition.architecture,
        "layers": list(definition.layers),
        "storage_mb": definition.storage,
        "concurrency": definition.concurrency,
        "dead_letter_arn": definition.dead_letter,
        "on_failure_arn": definition.on_failure,
        "custom_role_arn": definition.role,
        "tags": definition.tags,
    }


def _of_function(content: dict[str, Any]) -> str:
    return _sha256({name: value for name, value in content.items() if value != _ADDED_LATER.get(name, ...)})


def _check_triggers(definition: FunctionDefinition) -> None:
    for one in definition.triggers:
        try:
            triggers.check_accepted(one)
        except triggers.TriggerProblem as problem:
            raise DefinitionProblem("triggers", f"{one.title}: {problem.message.removesuffix('.')}") from problem


def _check_resources(definition: FunctionDefinition) -> None:
    """IAM's rule for what a permission is for; `${Name}` becomes the ARN of a function."""
    for resource in (one for permission in definition.permissions for one in permission.resources):
        if resource != "*" and not policies.names_in(resource) and not resource.startswith("arn:"):
            told = f"{resource} is no ARN, nor * nor the ${{Name}} of a function"
            raise DefinitionProblem("permissions", told, "permissions")


def _check_handler(definition: FunctionDefinition, package: Package) -> None:
    """What a layer may hold besides is not known here."""
    if definition.layers:
        return
    if missing := runtimes.missing_handler(definition.runtime, definition.handler, archives.names(package.content)):
        raise DefinitionProblem("package", f"there is no {missing}")


def _content_of(definition: WorkflowDefinition) -> dict[str, Any]:
    content: dict[str, Any] = {
        "type": definition.type,
        "definition": definition.definition,
        "input_schema": definition.input_schema,
        "keys": definition.keys,
    }
    if definition.unique_references:  # else the content of revisions from before would be another
        content["unique_references"] = True
    if definition.role:
        content["custom_role_arn"] = definition.role
    return content


def _next_number(revisions: models.Manager[Any]) -> int:
    newest: int | None = revisions.aggregate(newest=models.Max("number"))["newest"]
    return (newest or 0) + 1


def _sha256(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
