"""The operations on functions and workflows as files: exporting one, and taking one in two steps."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from workflows import exchange, exports, inputs
from workflows.api import paging
from workflows.api.callers import bound_caller, may
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.import_schemas import ExportOut, NamesIn, TakeIn, TemplateImportOut, TemplateImportsOut
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer
from workflows.api.schemas import LONGEST_NOTE, Number
from workflows.exchange import Bundle, NotTaken
from workflows.inputs import FieldProblem
from workflows.inputs.reading import pointer
from workflows.models import Function, TemplateImport, Workflow
from workflows.services import templates

exporting = Router(tags=["Import"])
taking = Router(tags=["Import"])
VIEW, VIEW_FUNCTION = "workflows.view_templateimport", "workflows.view_functionrevision"
VIEW_WORKFLOW = "workflows.view_workflowrevision"
LARGEST = 2**63 - 1
ZIP = {"responses": {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}}
As = Annotated[
    Literal["json", "sam"],
    Query(alias="as", description="`sam`: an AWS SAM template (template.json) with the code, in a zip."),
]
Text = Annotated[str, Form(max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$")]
Names = Annotated[
    str,
    Form(
        max_length=20_000,
        description='Other names here, as JSON: `{"functions": {"Old": "New"}, "workflows": {"old": "new"}}`.',
    ),
]


@exporting.get(
    "/functions/{slug:name}/export",
    response={200: ExportOut, **declared(404, 422)},
    summary="Export a function",
    openapi_extra=ZIP,
)
def export_function(request: HttpRequest, name: str, revision: Number | None = None, form: As = "json") -> HttpResponse:
    """A revision (absent: the newest) with triggers and code; values of variables only for who may see them."""
    by = bound_caller(request, VIEW_FUNCTION)
    by.require_all_workflows()
    rows = Function.objects.filter(name=name)
    found = rows[0].revisions.filter(**_numbered(revision)).order_by("-number").first() if rows else None
    if found is None:
        raise Refused(404, "There is no such function, or no such revision of it.")
    return _exported(exports.of_function(found, may_reveal=may(request, "workflows.reveal")), form)


@exporting.get(
    "/workflows/{slug:name}/export",
    response={200: ExportOut, **declared(404, 422)},
    summary="Export a workflow",
    openapi_extra=ZIP,
)
def export_workflow(request: HttpRequest, name: str, revision: Number | None = None, form: As = "json") -> HttpResponse:
    """A revision (absent: the newest) with the newest of each function that it names."""
    by = bound_caller(request, VIEW_WORKFLOW)
    by.require_all_workflows()
    rows = Workflow.objects.filter(name=name)
    found = rows[0].revisions.filter(**_numbered(revision)).order_by("-number").first() if rows else None
    if found is None:
        raise Refused(404, "There is no such workflow, or no such revision of it.")
    return _exported(exports.of_workflow(found, may_reveal=may(request, "workflows.reveal")), form)


@taking.post(
    "/templates",
    response={201: TemplateImportOut, **declared(*OF_KEY, 413)},
    summary="See what a file would do",
)
def propose(
    request: HttpRequest,
    file: Annotated[UploadedFile, File()],
    note: Text = "",
    names: Names = "",
    key: OptionalKey = None,
) -> HttpResponse:
    """What was exported, or an AWS SAM template as JSON, alone or with its code in one zip. Nothing is saved yet."""
    by = bound_caller(request, templates.MAY_PROPOSE)
    by.require_all_workflows()
    if (file.size or 0) > exchange.LARGEST:
        raise Refused(413, f"The file has {file.size:,} bytes; at most {exchange.LARGEST:,} are taken.")
    called = _names(names)

    def make() -> HttpResponse:
        try:
            row = templates.propose(file.read(), by=by.user, file_name=file.name or "", names=called, note=note.strip())
        except NotTaken as problem:
            raise _refused(problem) from problem
        return answer(_told(row), 201)

    return once(request, key, make)


@taking.get("/templates", response={200: TemplateImportsOut, **declared(422)}, summary="List files that were given")
def list_templates(request: HttpRequest, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Whether taken or not, newest first; read one to see its plan."""
    by = bound_caller(request, VIEW)
    by.require_all_workflows()
    rows = TemplateImport.objects.defer("document").select_related("created_by")
    found, following = paging.by_id(rows, cursor, limit)
    return answer({"results": [_told_briefly(row) for row in found], "next": following})


@taking.get("/templates/{int:pk}", response={200: TemplateImportOut, **declared(404)}, summary="Read a file's plan")
def read_template(request: HttpRequest, pk: int) -> HttpResponse:
    """What taking it would do as things are now; or what was taken."""
    by = bound_caller(request, VIEW)
    by.require_all_workflows()
    return answer(_told(_get(pk)))


@taking.patch(
    "/templates/{int:pk}",
    response={200: TemplateImportOut, **declared(*OF_BODY, 404)},
    summary="Name what a file carries",
)
def rename(request: HttpRequest, pk: int, asked: NamesIn) -> HttpResponse:
    """Have what is in it called otherwise here: what is not named keeps the name it has in the file."""
    by = bound_caller(request, templates.MAY_PROPOSE)
    by.require_all_workflows()
    row = _get(pk)
    try:
        templates.rename(row, {"functions": asked.functions, "workflows": asked.workflows}, by=by.user)
    except templates.WrongName as problem:
        place = "".join(f"/{pointer(part)}" for part in problem.place)
        raise Refused(422, "The names were not kept.", FieldProblem(place, str(problem))) from problem
    except NotTaken as problem:
        raise Refused(422, "The names were not kept.", FieldProblem("", str(problem))) from problem
    return answer(_told(row))


@taking.post(
    "/templates/{int:pk}/take",
    response={200: TemplateImportOut, **declared(*OF_BODY, 404, 409)},
    summary="Take what a file carries",
)
def take(request: HttpRequest, pk: int, asked: TakeIn, key: OptionalKey = None) -> HttpResponse:
    """Save all of it, or nothing; again, it tells what was saved. Nothing is deployed.

    409 when `seen` is given and what it would do is not any more what was seen.
    """
    by = bound_caller(request, templates.MAY_PROPOSE)
    by.require_all_workflows()

    def make() -> HttpResponse:
        try:
            return answer(_told(templates.take(_get(pk), by=by.user, seen=asked.seen)))
        except templates.Otherwise as changed:
            raise Refused(409, str(changed), code="changed_meanwhile") from changed
        except NotTaken as problem:
            raise _refused(problem) from problem

    return once(request, key, make)


def _get(pk: int) -> TemplateImport:
    found = TemplateImport.objects.select_related("created_by").filter(pk=pk).first() if pk <= LARGEST else None
    if found is None:
        raise Refused(404, "There is no such file.")
    return found


def _numbered(number: int | None) -> dict[str, int]:
    return {} if number is None else {"number": number}


def _exported(bundle: Bundle, form: str) -> HttpResponse:
    if form == "sam":
        return HttpResponse(exchange.to_sam(bundle), content_type="application/zip")
    return HttpResponse(exchange.to_json(bundle), content_type="application/json")


def _names(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        given = inputs.read(text)
    except inputs.InputProblem as problem:
        raise Refused(422, "The file was not taken.", FieldProblem("/names", problem.message)) from problem
    if not isinstance(given, dict):
        raise Refused(422, "The file was not taken.", FieldProblem("/names", "A JSON object of names is wanted."))
    return given


def _refused(problem: NotTaken) -> Refused:
    part = "/names" if isinstance(problem, templates.WrongName) else "/file"
    return Refused(422, "The file was not taken.", *(FieldProblem(part, one) for one in problem.problems))


def _told(row: TemplateImport) -> dict[str, Any]:
    plan = templates.plan(row)
    return {
        **_told_briefly(row),
        "plan": [{"verb": one.verb, "what": one.what, "details": list(one.details)} for one in plan],
        "seen": templates.fingerprint(plan),
        "left_out": row.left_out,
        "names": row.names,
    }


def _told_briefly(row: TemplateImport) -> dict[str, Any]:
    return {
        "id": row.pk,
        "file_name": row.file_name,
        "note": row.note,
        "taken": row.taken,
        "taken_at": row.taken_at,
        "created_at": row.created_at,
        "created_by": row.created_by.get_username() if row.created_by else None,
    }
