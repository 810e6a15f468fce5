"""The operations on presets: inputs of a workflow kept under a name, to begin a transaction with."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from transactions import presets as reads
from transactions.api.schemas import PresetIn, PresetOut, PresetsOut
from transactions.models import Preset
from transactions.services import presets
from transactions.services.submissions import Rejected
from workflows.api import paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import JsonText, answer, nothing
from workflows.models import Workflow

router = Router(tags=["Workflows"])
VIEW, KEEP = "transactions.view_preset", "transactions.submit"


@router.get(
    "/{slug:name}/presets", response={200: PresetsOut, **declared(404, 422)}, summary="List a workflow's presets"
)
def list_presets(request: HttpRequest, name: str, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Inputs kept under a name for everybody."""
    _, workflow = _reached(request, VIEW, name)
    found, following = paging.by_name(reads.of_workflow(workflow), str, cursor, limit)
    return answer({"results": [_told(row) for row in found], "next": following})


@router.post(
    "/{slug:name}/presets", response={201: PresetOut, **declared(*OF_BODY, *OF_KEY, 404)}, summary="Keep a preset"
)
def save_preset(request: HttpRequest, name: str, asked: PresetIn, key: OptionalKey = None) -> HttpResponse:
    """Keep an input under its name; an earlier one of that name is replaced. It need not fit the workflow's schema."""
    by, workflow = _reached(request, KEEP, name)
    try:
        return once(
            request, key, lambda: answer(_told(presets.save(workflow, asked.name, asked.input.text, by=by.user)), 201)
        )
    except Rejected as refused:
        raise Refused(422, "The preset was not kept.", *refused.problems) from refused


@router.delete("/{slug:name}/presets/{int:pk}", response={204: None, **declared(404)}, summary="Delete a preset")
def delete_preset(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """Forget it; transactions begun with it keep their input."""
    by, workflow = _reached(request, KEEP, name)
    row = next((one for one in reads.of_workflow(workflow) if one.pk == pk), None)
    if row is None:
        raise Refused(404, "There is no such preset.")
    presets.delete(row, by=by.user)
    return nothing()


def _reached(request: HttpRequest, permission: str, name: str) -> tuple[Caller, Workflow]:
    by = bound_caller(request, permission)
    by.require(workflow=name)
    found = Workflow.objects.filter(name=name).first()
    if found is None:
        raise Refused(404, "There is no such workflow.")
    return by, found


def _told(row: Preset) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "input": JsonText(row.input), "created_at": row.created_at}
