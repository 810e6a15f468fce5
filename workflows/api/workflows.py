"""The operations on workflows: what there is, its revisions, saving and deploying one."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import inputs, json_text, selectors
from workflows.api import deployments, drift, environments, paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.environments import InEnvironment
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import JsonText, answer
from workflows.api.schemas import DeploymentIn, Number, PlanOut
from workflows.api.workflow_schemas import (
    WorkflowOut,
    WorkflowRevisionIn,
    WorkflowRevisionOut,
    WorkflowRevisionsOut,
    WorkflowsOut,
)
from workflows.inputs import FieldProblem
from workflows.models import Environment, Workflow, WorkflowRevision
from workflows.models.environments import DEFAULT
from workflows.packaging import NAME, WANTED, WorkflowDefinition
from workflows.selectors import Entry
from workflows.services import definitions

router = Router(tags=["Workflows"])
VIEW, VIEW_REVISION, SAVE = (
    "workflows.view_workflow",
    "workflows.view_workflowrevision",
    "workflows.add_workflowrevision",
)
UNREADABLE = "The body could not be read."


@router.get("", response={200: WorkflowsOut, **declared(422)}, summary="List workflows")
def list_workflows(
    request: HttpRequest, environment: InEnvironment = DEFAULT, cursor: Cursor = "", limit: Limit = PAGE
) -> HttpResponse:
    """Every workflow the token reaches, by name."""
    by = bound_caller(request, VIEW)
    where = _environment(by, environment)
    entries = [one for one in selectors.workflows(where) if not by.workflows or _name(one) in by.workflows]
    found, following = paging.by_name(entries, _name, cursor, limit)
    return answer({"results": [_told(entry, where) for entry in found], "next": following})


@router.get("/{slug:name}", response={200: WorkflowOut, **declared(404, 422)}, summary="Read a workflow")
def read_workflow(request: HttpRequest, name: str, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """One workflow by its name."""
    by = within(request, VIEW, name)
    where = _environment(by, environment)
    for entry in selectors.workflows(where):
        if entry.thing.name == name:
            return answer(_told(entry, where))
    raise _unknown()


@router.get(
    "/{str:name}/revisions",
    response={200: WorkflowRevisionsOut, **declared(404, 422)},
    summary="List the revisions of a workflow",
)
def list_revisions(request: HttpRequest, name: str, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Newest first."""
    within(request, VIEW_REVISION, name)
    rows = _get(name).revisions.select_related("workflow", "created_by")
    found, following = paging.by_id(rows, cursor, limit, column="-number")
    return answer({"results": [_revision_told(one) for one in found], "next": following})


@router.post(
    "/{str:name}/revisions",
    response={201: WorkflowRevisionOut, 200: WorkflowRevisionOut, **declared(*OF_BODY, *OF_KEY, 404)},
    summary="Save a revision of a workflow",
)
def save_revision(request: HttpRequest, name: str, asked: WorkflowRevisionIn, key: OptionalKey = None) -> HttpResponse:
    """Keep a definition, and make the workflow if there is none of that name; 200 when the content is known already.

    Errors that AWS would refuse it for are told in `problems`, and keep it from being deployed.
    """
    by = within(request, SAVE, name)
    if not NAME.fullmatch(name):
        told = FieldProblem("/name", f"A workflow's name has {WANTED['name']}.")
        raise Refused(422, "The revision was not saved.", told)
    definition = definition_of(name, asked)

    def make() -> HttpResponse:
        try:
            base = definitions.Base(asked.base, asked.base_title)
            saved = definitions.save_workflow(definition, by=by.user, note=asked.note, base=base)
        except definitions.Overtaken as overtaken:
            raise Refused(409, str(overtaken), code="changed_meanwhile") from overtaken
        except definitions.NotSaved as refused:
            raise Refused(422, "The revision was not saved.", *refused.problems) from refused
        return answer(_revision_told(saved.revision), 201 if saved.is_new else 200)

    return once(request, key, make)


@router.get(
    "/{slug:name}/revisions/{int:number}",
    response={200: WorkflowRevisionOut, **declared(404)},
    summary="Read a revision of a workflow",
)
def read_revision(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One revision by its number."""
    within(request, VIEW_REVISION, name)
    return answer(_revision_told(revision_of(name, number)))


@router.get("/{slug:name}/plan", response={200: PlanOut, **declared(404, 422)}, summary="Plan a workflow's deployment")
def plan(
    request: HttpRequest, name: str, revision: Number | None = None, environment: InEnvironment = DEFAULT
) -> HttpResponse:
    """What deploying a revision (absent: the newest) would create, change and leave. Nothing is done."""
    by = within(request, VIEW, name, serves=deployments.DEPLOY)
    return answer(deployments.planned(revision_of(name, revision), _environment(by, environment)))


@router.post("/{slug:name}/deployments", response=deployments.OF_ASKING, summary="Deploy a workflow")
def deploy(request: HttpRequest, name: str, asked: DeploymentIn, key: OptionalKey = None) -> HttpResponse:
    """Ask for a revision (absent: the newest) to be deployed; an older one is the rollback."""
    by = within(request, deployments.DEPLOY, name)
    number, where = deployments.wanted(by, asked)
    return deployments.ask(request, by, revision_of(name, number), where, key, asked.share)


# ---- what they share


def within(request: HttpRequest, permission: str, name: str, *, serves: str = "") -> Caller:
    """Who calls, for an operation on one workflow; `serves` as of `bound_caller`. Raises Forbidden."""
    by = bound_caller(request, permission, serves=serves)
    by.require(workflow=name)
    return by


def _environment(by: Caller, name: str) -> Environment:
    return environments.named(by, name)


def _name(entry: "Entry[Workflow, WorkflowRevision]") -> str:
    return entry.thing.name


def _unknown() -> Refused:
    return Refused(404, "There is no such workflow.")


def _get(name: str) -> Workflow:
    found = Workflow.objects.filter(name=name).first() if NAME.fullmatch(name) else None
    if found is None:
        raise _unknown()
    return found


def revision_of(name: str, number: int | None) -> WorkflowRevision:
    """A revision by its number; None is the newest. Raises Refused."""
    rows = _get(name).revisions.select_related("workflow", "created_by").order_by("-number")
    found = (rows if number is None else rows.filter(number=min(number, 2**31 - 1))).first()
    if found is None or (number is not None and found.number != number):
        raise Refused(404, "There is no such revision.")
    return found


def definition_of(name: str, asked: WorkflowRevisionIn) -> WorkflowDefinition:
    """What a body says of a workflow, there is one or not. Raises Refused."""
    known = Workflow.objects.filter(name=name).first()
    title = asked.title or (known.title if known else name)
    schema = _text(asked.input_schema, "/input_schema") if asked.input_schema else ""
    text = _text(asked.definition, "/definition")
    return WorkflowDefinition(name, title, asked.type, asked.keys, text, schema, asked.unique_references, asked.role)


def _text(given: JsonText, path: str) -> str:
    """A document given as JSON, laid out for reading, or as the text of one, which stays as it is."""
    value = value_of(given, path)
    if isinstance(value, str):
        return value
    return "" if value is None else json_text.pretty(given.text)


def value_of(given: JsonText, path: str) -> Any:
    """What the JSON at a place of the body means. Raises Refused."""
    try:
        return inputs.read(given.text)
    except inputs.InputProblem as problem:
        raise Refused(400, UNREADABLE, FieldProblem(path + problem.path, problem.message)) from problem


def _told(entry: "Entry[Workflow, WorkflowRevision]", where: Environment) -> dict[str, Any]:
    newest = entry.newest
    return {
        "name": entry.thing.name,
        "title": entry.thing.title,
        "revision": newest.number,
        **_content(newest),
        "drift": drift.told(entry.drift),
        "live": deployments.told_briefly(entry.live, where),
        "last": deployments.told_briefly(entry.last, where),
    }


def _revision_told(row: WorkflowRevision) -> dict[str, Any]:
    return {
        "workflow": row.workflow.name,
        "number": row.number,
        **_content(row),
        "note": row.note,
        "created_at": row.created_at,
        "created_by": row.created_by.get_username() if row.created_by else None,
    }


def _content(row: WorkflowRevision) -> dict[str, Any]:
    return {
        "type": row.type,
        "keys": row.keys,
        "definition": document(row.definition),
        "input_schema": document(row.input_schema),
        "unique_references": row.unique_references,
        "role": row.custom_role_arn,
        "problems": row.problems,
    }


def document(text: str) -> JsonText | None:
    """A stored document as JSON; one that is not JSON, which may be saved too, as its text."""
    if not text.strip():
        return None
    try:
        inputs.read(text)
    except inputs.InputProblem:
        return JsonText(json.dumps(text))
    return JsonText(text)
