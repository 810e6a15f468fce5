"""READS: what taking the functions and workflows of a file would create and change here. Nothing is saved."""

from collections.abc import Iterator
from dataclasses import replace

from workflows import asl, lines, variables
from workflows.changes import Line, changes
from workflows.exchange import Bundle, Carried
from workflows.models import FunctionRevision, Workflow, WorkflowRevision
from workflows.packaging import NAME, DefinitionProblem, FunctionDefinition, Package, WorkflowDefinition
from workflows.services import definitions

MADE = "one made for it"
NO_CODE = "Its code did not come with it: put the template and the code into one zip, or name a function that is here."


def plan(bundle: Bundle) -> tuple[Line, ...]:
    """One line for each, in the order of saving."""
    return (*(_function(one) for one in bundle.functions), *(_workflow(one) for one in bundle.workflows))


def completed(carried: Carried) -> tuple[FunctionDefinition, Package]:
    """With what only the function of that name knows: code that did not come, values that came masked.

    Raises DefinitionProblem.
    """
    newest = _newest(carried.definition.name)
    values = variables.typed(carried.definition.environment, newest.environment if newest else {})
    if masked := [name for name, value in values.items() if value == variables.MASK]:
        raise DefinitionProblem("environment", f"the value of {masked[0]} was masked when this was exported")
    package = carried.package
    if package is None and newest is not None:
        package = Package(bytes(newest.package), newest.package_sha256)
    if package is None:
        raise DefinitionProblem("package", NO_CODE.removesuffix("."))
    return replace(carried.definition, environment=values), package


def _function(carried: Carried) -> Line:
    name = carried.definition.name
    what = f"Function {name}"
    if not NAME.fullmatch(name):
        return Line("stop", what, ("A name has letters, digits, - and _; at most 40.",))
    try:
        definition, package = completed(carried)
        definitions.check_function(definition, package)
    except DefinitionProblem as problem:
        return Line("stop", what, (f"{problem.message[:1].upper()}{problem.message[1:]}.",))
    draft, was = definitions.draft(definition, package), _newest(name)
    if was is None:
        return Line("create", what, (*_new_function(definition, package), *_of_syntax(draft)))
    if was.sha256 == draft.sha256:
        return Line("leave", what, (f"It is the same as r{was.number}.",))
    return Line(
        "change", what, (f"r{was.number + 1} is made.", *changes(was, draft), *_beside(was, draft), *_of_syntax(draft))
    )


def _of_syntax(draft: FunctionRevision) -> Iterator[str]:
    yield from (f"{one['path']}, line {one['line']}: {one['message']}" for one in draft.problems)


def _newest(name: str) -> FunctionRevision | None:
    return FunctionRevision.objects.filter(function__name=name).order_by("-number").first()


def _new_function(definition: FunctionDefinition, package: Package) -> Iterator[str]:
    yield f"{definition.runtime}, {definition.memory} MB, {definition.timeout} s"
    yield f"{len(package.content):,} bytes of code, zipped"
    yield from (f"Trigger: {one.title}" for one in definition.triggers)
    yield from (f"May {', '.join(one.actions)} on {', '.join(one.resources)}" for one in definition.permissions)


def _beside(was: FunctionRevision, draft: FunctionRevision) -> Iterator[str]:
    if was.triggers != draft.triggers:
        yield "Its triggers"
    if was.permissions != draft.permissions:
        yield "What it may do in AWS"


def _workflow(definition: WorkflowDefinition) -> Line:
    what = f"Workflow {definition.name}"
    if not NAME.fullmatch(definition.name):
        return Line("stop", what, ("A name has letters, digits, - and _; at most 40.",))
    try:
        definitions.check_workflow(definition)
    except definitions.NotSaved as problem:
        return Line("stop", what, tuple(f"{one.path}: {one.message}" for one in problem.problems))
    draft = definitions.draft_workflow(definition)
    causes, _ = asl.parted(draft.problems)
    errors = sum(one["severity"] == "error" for one in causes)
    many = "1 error" if errors == 1 else f"{errors} errors"
    noted = (f"AWS would refuse it for {many}: it can be saved, not deployed.",) if errors else ()
    known = Workflow.objects.filter(name=definition.name).first()
    was = known.revisions.order_by("-number").first() if known else None
    if known is None or was is None:
        return Line("create", what, (draft.get_type_display(), *noted))
    renamed = (f"Its title becomes {definition.title}.",) if known.title != definition.title else ()
    if same := known.revisions.filter(sha256=draft.sha256).first():
        return Line("change" if renamed else "leave", what, (f"It is the same as r{same.number}.", *renamed))
    return Line("change", what, (f"r{was.number + 1} is made.", *_changes(was, draft), *renamed, *noted))


def _changes(was: WorkflowRevision, draft: WorkflowRevision) -> Iterator[str]:
    if was.definition != draft.definition:
        yield "Its definition"
    if was.type != draft.type:
        yield f"Type: {was.type} becomes {draft.type}"
    if was.input_schema != draft.input_schema:
        yield "Its input schema"
    if was.keys != draft.keys:
        yield f"Business keys: {lines.write(draft.keys).replace(chr(10), ', ') or 'none'}"
    if was.unique_references != draft.unique_references:
        yield "Whether a reference is taken once"
    if was.custom_role_arn != draft.custom_role_arn:
        yield f"Role: {was.custom_role_arn or MADE} becomes {draft.custom_role_arn or MADE}"
