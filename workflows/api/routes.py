"""The operations on functions and workflows. Reads only, by selectors."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import connections, selectors
from workflows.api.callers import caller
from workflows.api.problems import Refused, declared
from workflows.api.raw_json import JsonText, answer
from workflows.api.schemas import FunctionOut, FunctionsOut, WorkflowOut, WorkflowsOut
from workflows.connections import Connection
from workflows.models import Deployment, Environment, Function, FunctionRevision, Workflow, WorkflowRevision
from workflows.models.environments import DEFAULT
from workflows.selectors import Entry

functions = Router(tags=["Functions"])
workflows = Router(tags=["Workflows"])


@functions.get("", response={200: FunctionsOut, **declared()}, summary="List functions")
def list_functions(request: HttpRequest) -> HttpResponse:
    """Every function, by name."""
    caller(request, "workflows.view_function")
    called = connections.by_function(_environment())
    return answer({"results": [_function(entry, called) for entry in selectors.functions(_environment())]})


@functions.get("/{slug:name}", response={200: FunctionOut, **declared(404)}, summary="Read a function")
def read_function(request: HttpRequest, name: str) -> HttpResponse:
    """One function by its name."""
    caller(request, "workflows.view_function")
    for entry in selectors.functions(_environment()):
        if entry.thing.name == name:
            return answer(_function(entry, connections.by_function(_environment())))
    raise Refused(404, "There is no such function.")


@workflows.get("", response={200: WorkflowsOut, **declared()}, summary="List workflows")
def list_workflows(request: HttpRequest) -> HttpResponse:
    """Every workflow, by name."""
    caller(request, "workflows.view_workflow")
    return answer({"results": [_workflow(entry) for entry in selectors.workflows(_environment())]})


@workflows.get("/{slug:name}", response={200: WorkflowOut, **declared(404)}, summary="Read a workflow")
def read_workflow(request: HttpRequest, name: str) -> HttpResponse:
    """One workflow by its name."""
    caller(request, "workflows.view_workflow")
    for entry in selectors.workflows(_environment()):
        if entry.thing.name == name:
            return answer(_workflow(entry))
    raise Refused(404, "There is no such workflow.")


def _environment() -> Environment | None:
    return Environment.objects.filter(slug=DEFAULT).first()


def _function(entry: "Entry[Function, FunctionRevision]", called: Mapping[str, Sequence[Connection]]) -> dict[str, Any]:
    newest = entry.newest
    return {
        "name": entry.thing.name,
        "revision": newest.number,
        "runtime": newest.runtime,
        "handler": newest.handler,
        "memory": newest.memory_mb,
        "timeout": newest.timeout_s,
        "package_sha256": newest.package_sha256,
        "triggers": [_trigger(one) for one in called.get(entry.thing.name, ())],
        "live": _deployment(entry.live),
        "last": _deployment(entry.last),
    }


def _trigger(one: Connection) -> dict[str, Any]:
    return {
        "type": one.type,
        "source": one.source,
        "status": one.status.value,
        "settings": one.settings,
        "invoke_url": one.invoke_url or None,
        "source_arn": (one.row.source_arn or None) if one.row else None,
        "problem": (one.row.problem or None) if one.row else None,
    }


def _workflow(entry: "Entry[Workflow, WorkflowRevision]") -> dict[str, Any]:
    newest = entry.newest
    return {
        "name": entry.thing.name,
        "title": entry.thing.title,
        "revision": newest.number,
        "type": newest.type,
        "keys": newest.keys,
        "definition": JsonText(newest.definition),
        "input_schema": JsonText(newest.input_schema) if newest.input_schema else None,
        "problems": newest.problems,
        "live": _deployment(entry.live),
        "last": _deployment(entry.last),
    }


def _deployment(row: Deployment | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "id": row.pk,
        "revision": row.revision.number,
        "environment": DEFAULT,
        "status": row.status,
        "is_live": row.is_live,
        "requested_at": row.requested_at,
        "finished_at": row.finished_at,
        "resource_arn": row.resource_arn or None,
        "version_arn": row.version_arn or None,
        "error": row.error or None,
        "cause": row.cause or None,
    }
