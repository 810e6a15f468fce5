"""The operation that gives all of a filtered list as a file, a piece at a time. Reads only."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from transactions import exports, filtering, selectors
from transactions.api.routes import VIEW
from transactions.api.schemas import FILTERS, TransactionExported
from workflows import selectors as catalogue
from workflows.api.callers import bound_caller
from workflows.api.problems import Refused, declared

router = Router(tags=["Transactions"])

FORM = "as"
As = Annotated[Literal["json", "csv"], Query(alias=FORM, description="`csv`: a column for each business key.")]
CSV: dict[str, Any] = {"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}}


@router.get(
    "/export",
    response={200: list[TransactionExported], **declared(422)},
    summary="Export transactions",
    openapi_extra=FILTERS | CSV,
)
def export(request: HttpRequest, form: As = "json") -> StreamingHttpResponse:
    """All that fits the filters of the list, newest first, without input and output; however many there are."""
    by = bound_caller(request, VIEW)
    filters, problems = filtering.parse(request.GET, besides=(FORM,))
    if problems:
        raise Refused(422, "The filters could not be read.", *problems, code="bad_filter")
    rows = filtering.search(by.within(selectors.find(filters)), request.GET)
    if form == "csv":
        pieces, kind = exports.to_csv(rows, catalogue.every_key(filters.include.workflows)), "text/csv; charset=utf-8"
    else:
        pieces, kind = exports.to_json(rows), "application/json"
    return StreamingHttpResponse(pieces, content_type=kind)
