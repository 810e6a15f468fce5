"""The operations on functions: what there is, its revisions, what deploying one would do, and asking for it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from workflows import archives, connection_map, connections, inputs, selectors, variables
from workflows.api import deployments, drift, environments, paging, removals
from workflows.api.callers import bound_caller, caller
from workflows.api.environments import InEnvironment
from workflows.api.function_schemas import (
    FunctionOut,
    FunctionRevisionOut,
    FunctionRevisionsOut,
    FunctionsOut,
    LogOut,
    RemovalOut,
)
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import Refused, declared
from workflows.api.raw_json import answer
from workflows.api.schemas import LONGEST_NOTE, DeploymentIn, Number, PlanOut
from workflows.connection_map import ConnectionMap
from workflows.connections import Connection
from workflows.encryption import Unreadable
from workflows.inputs import FieldProblem
from workflows.models import Environment, Function, FunctionRevision
from workflows.models.environments import DEFAULT
from workflows.packaging import NAME, WANTED, DefinitionProblem
from workflows.selectors import Entry
from workflows.services import definitions, function_logs
from workflows.services.removals import MAY_REMOVE
from workflows.wiring import Wire

router = Router(tags=["Functions"])
VIEW, VIEW_REVISION = "workflows.view_function", "workflows.view_functionrevision"
SAVE = "workflows.add_functionrevision"
Configuration = Annotated[str, Form(max_length=200_000, description='JSON, such as `{"memory": 512}`.')]
Note = Annotated[str, Form(max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$", description="What changed.")]
Begun = Annotated[
    int | None, Form(ge=0, le=10**9, description="The revision this was begun from: 409 where there is a newer one.")
]
VIEW_LOG = "workflows.view_logsearch"


@router.get("", response={200: FunctionsOut, **declared(422)}, summary="List functions")
def list_functions(
    request: HttpRequest,
    environment: InEnvironment = DEFAULT,
    deleted: bool = False,
    cursor: Cursor = "",
    limit: Limit = PAGE,
) -> HttpResponse:
    """Every function, by name; or those that were deleted and can be restored."""
    where = _environment(request, environment)
    entries = selectors.functions(where, deleted=deleted)
    found, following = paging.by_name(entries, lambda one: one.thing.name, cursor, limit)
    return answer({"results": told(found, where), "next": following})


@router.get("/{slug:name}", response={200: FunctionOut, **declared(404, 422)}, summary="Read a function")
def read_function(request: HttpRequest, name: str, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """One function by its name, deleted or not."""
    where = _environment(request, environment)
    for entry in (*selectors.functions(where), *selectors.functions(where, deleted=True)):
        if entry.thing.name == name:
            return answer(told([entry], where)[0])
    raise _unknown()


@router.delete("/{slug:name}", response={202: RemovalOut, **declared(*OF_KEY, 404)}, summary="Delete a function")
def delete_function(request: HttpRequest, name: str, key: OptionalKey = None) -> HttpResponse:
    """Take it out of every environment where it is, by a deployment each; then it is listed no more.

    Its revisions are kept: `restore` brings it back, and so does saving one. 409 with what uses it in `errors`.
    """
    by = caller(request, MAY_REMOVE)
    return once(request, key, lambda: removals.asked(name, by))


@router.get(
    "/{str:name}/revisions",
    response={200: FunctionRevisionsOut, **declared(404, 422)},
    summary="List the revisions of a function",
)
def list_revisions(request: HttpRequest, name: str, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Newest first."""
    bound_caller(request, VIEW_REVISION).require_all_workflows()
    rows = _get(name).revisions.defer("package").select_related("created_by")
    found, following = paging.by_id(rows, cursor, limit, column="-number")
    return answer({"results": [_revision_told(one) for one in found], "next": following})


@router.post(
    "/{str:name}/revisions",
    response={201: FunctionRevisionOut, 200: FunctionRevisionOut, **declared(*OF_KEY, 404, 413)},
    summary="Save a revision of a function",
)
def save_revision(
    request: HttpRequest,
    name: str,
    package: Annotated[UploadedFile | None, File()] = None,
    configuration: Configuration = "{}",
    note: Note = "",
    base: Begun = None,
    key: OptionalKey = None,
) -> HttpResponse:
    """Keep code and configuration, and make the function if there is none of that name; 200 when nothing is new.

    Sent as a form: `package` is the zip, absent the code stays; `configuration` is JSON in the words of function.toml,
    of which what is absent stays as it is.
    """
    by = bound_caller(request, SAVE)
    by.require_all_workflows()
    if not NAME.fullmatch(name):
        told = FieldProblem("name", f"A function's name has {WANTED['name']}.")
        raise Refused(422, "The revision was not saved.", told)
    content = None
    if package is not None:
        if (package.size or 0) > archives.LARGEST_ZIPPED:
            raise Refused(413, f"It has {package.size:,} bytes; at most {archives.LARGEST_ZIPPED:,} are taken.")
        content = package.read()
    changed = _configuration(configuration)

    def make() -> HttpResponse:
        try:
            saved = definitions.save_change(name, content, changed, by=by.user, note=note.strip(), base=base)
        except definitions.Overtaken as overtaken:
            raise Refused(409, str(overtaken), code="changed_meanwhile") from overtaken
        except DefinitionProblem as problem:
            raise Refused(422, "The revision was not saved.", _field_problem(name, problem)) from problem
        return answer(_revision_told(saved.revision), 201 if saved.is_new else 200)

    return once(request, key, make)


@router.get(
    "/{slug:name}/revisions/{int:number}",
    response={200: FunctionRevisionOut, **declared(404)},
    summary="Read a revision of a function",
)
def read_revision(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One revision by its number."""
    bound_caller(request, VIEW_REVISION).require_all_workflows()
    return answer(_revision_told(revision_of(name, number)))


@router.get("/{slug:name}/plan", response={200: PlanOut, **declared(404, 422)}, summary="Plan a function's deployment")
def plan(
    request: HttpRequest, name: str, revision: Number | None = None, environment: InEnvironment = DEFAULT
) -> HttpResponse:
    """What deploying a revision (absent: the newest) would create, change and leave. Nothing is done."""
    where = _environment(request, environment, serves=deployments.DEPLOY)
    return answer(deployments.planned(revision_of(name, revision), where))


@router.get("/{slug:name}/logs", response={200: LogOut, **declared(404, 422)}, summary="Read a function's log")
def read_log(
    request: HttpRequest,
    name: str,
    environment: InEnvironment = DEFAULT,
    range: Literal["15m", "1h", "24h", "7d"] = "1h",
    text: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
    request_id: Annotated[str, Query(max_length=64, pattern=r"^[\w-]*$")] = "",
) -> HttpResponse:
    """The newest lines with a text, or of one request id, as last read; asking makes a worker read newer ones."""
    by = bound_caller(request, VIEW_LOG)
    by.require_all_workflows()
    where = environments.named(by, environment)
    row = function_logs.ask(where, _get(name), function_logs.Search(range, text, request_id))
    return answer(
        {
            "function": name,
            "environment": where.slug,
            "range": range,
            "read_at": row.read_at,
            "is_pending": row.next_read_at is not None,
            "is_partial": row.is_partial,
            "problem": row.problem or None,
            "lines": [one | {"request_id": one["request_id"] or None} for one in row.lines],
        }
    )


@router.post("/{slug:name}/deployments", response=deployments.OF_ASKING, summary="Deploy a function")
def deploy(request: HttpRequest, name: str, asked: DeploymentIn, key: OptionalKey = None) -> HttpResponse:
    """Ask for a revision (absent: the newest) to be deployed; an older one is the rollback.

    With a `share` the other calls stay with what is live, until it is deployed without, or that is deployed again.
    """
    by = bound_caller(request, deployments.DEPLOY)
    by.require_all_workflows()
    number, where = deployments.wanted(by, asked)
    return deployments.ask(request, by, revision_of(name, number), where, key, asked.share)


def _field_problem(name: str, problem: DefinitionProblem) -> FieldProblem:
    """Where in what was sent it is, and what."""
    if "name" in (problem.key, problem.file):
        return FieldProblem("name", f"{problem.message}.")
    if problem.key:
        return FieldProblem(f"/configuration/{problem.key}", f"{problem.message.removesuffix('.')}.")
    return FieldProblem("/configuration" if problem.file in (name, "triggers") else "/package", str(problem))


def _configuration(text: str) -> dict[str, Any]:
    try:
        given = inputs.read(text or "{}")
    except inputs.InputProblem as problem:
        told = FieldProblem(f"/configuration{problem.path}", problem.message)
        raise Refused(422, "The revision was not saved.", told) from problem
    if not isinstance(given, dict) or "name" in given:
        told = FieldProblem("/configuration", "A JSON object is wanted, without a `name`.")
        raise Refused(422, "The revision was not saved.", told)
    return given


def _masked(row: FunctionRevision) -> dict[str, str]:
    try:
        return variables.shown(row.environment, may_reveal=False)
    except Unreadable:
        return {"cannot be decrypted": variables.MASK}


def _environment(request: HttpRequest, name: str, *, serves: str = "") -> Environment:
    by = bound_caller(request, VIEW, serves=serves)
    by.require_all_workflows()
    return environments.named(by, name)


def _unknown() -> Refused:
    return Refused(404, "There is no such function.")


def _get(name: str) -> Function:
    found = Function.objects.filter(name=name).first() if NAME.fullmatch(name) else None
    if found is None:
        raise _unknown()
    return found


def revision_of(name: str, number: int | None) -> FunctionRevision:
    """A revision by its number; None is the newest. Raises Refused."""
    rows = _get(name).revisions.defer("package").select_related("function", "created_by").order_by("-number")
    found = (rows if number is None else rows.filter(number=min(number, 2**31 - 1))).first()
    if found is None or (number is not None and found.number != number):
        raise Refused(404, "There is no such revision.")
    return found


def told(entries: "Sequence[Entry[Function, FunctionRevision]]", where: Environment) -> list[dict[str, Any]]:
    """Functions by their newest revisions, with what calls them and what they may call."""
    called = connections.by_function(where)
    onward, starts = connection_map.of(where, called), connections.starts(entries, where)
    return [_told(entry, where, starts[entry.thing.name], called, onward) for entry in entries]


def _told(
    entry: "Entry[Function, FunctionRevision]",
    where: Environment,
    start: FunctionRevision,
    called: Mapping[str, Sequence[Connection]],
    onward: ConnectionMap,
) -> dict[str, Any]:
    newest = entry.newest
    return {
        "name": entry.thing.name,
        "deleted_at": entry.thing.deleted_at,
        "revision": newest.number,
        **_configuration_told(newest),
        "package_sha256": newest.package_sha256,
        "package_bytes": newest.package_bytes,
        "smoke_test": entry.thing.smoke_test.name if entry.thing.smoke_test else None,
        "triggers_revision": start.number,
        "triggers": [_trigger(one) for one in called.get(entry.thing.name, ())],
        "calls": [_call(one) for one in onward.calls_of(entry.thing.name)],
        "loops": [str(loop) for loop in onward.loops_of(entry.thing.name)],
        "drift": drift.told(entry.drift),
        "live": deployments.told_briefly(entry.live, where),
        "shift": deployments.told_briefly(entry.shift, where),
        "last": deployments.told_briefly(entry.last, where),
    }


def _call(one: Wire) -> dict[str, Any]:
    return {
        "kind": one.target.kind.lower(),
        "name": one.target.name,
        "arn": one.target.arn or None,
        "actions": [] if one.target.kind == "Function" else one.how.split(", "),
        "is_wide": one.is_wide,
        "status": one.status.value,
    }


def _trigger(one: Connection) -> dict[str, Any]:
    return {
        "id": one.id or None,
        "type": one.type,
        "source": one.source,
        "status": one.status.value,
        "settings": one.settings,
        "invoke_url": one.invoke_url or None,
        "source_arn": (one.row.source_arn or None) if one.row else None,
        "problem": (one.row.problem or None) if one.row else None,
    }


def _configuration_told(row: FunctionRevision) -> dict[str, Any]:
    """In the words in which it is saved, but for its triggers."""
    return {
        "runtime": row.runtime,
        "handler": row.handler,
        "memory": row.memory_mb,
        "timeout": row.timeout_s,
        "architecture": row.architecture,
        "layers": row.layers,
        "storage": row.storage_mb,
        "concurrency": row.concurrency,
        "environment": _masked(row),
        "permissions": row.permissions,
        "role": row.custom_role_arn,
        "dead_letter": row.dead_letter_arn,
        "on_failure": row.on_failure_arn,
        "tags": row.tags,
    }


def _revision_told(row: FunctionRevision) -> dict[str, Any]:
    return {
        "function": row.function.name,
        "number": row.number,
        **_configuration_told(row),
        "triggers": row.triggers,
        "problems": row.problems,
        "package_sha256": row.package_sha256,
        "package_bytes": row.package_bytes,
        "note": row.note,
        "created_at": row.created_at,
        "created_by": row.created_by.get_username() if row.created_by else None,
    }
