"""The operations on transactions: reads by selectors, writes by services. `controlplane.api` answers refusals."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from transactions import selectors
from transactions.api.answers import accepted, told
from transactions.api.schemas import FILTERS, RerunIn, SubmissionIn, TransactionOut, TransactionsOut
from transactions.models import Transaction
from transactions.selectors import PAGE
from transactions.services import recovery, submissions
from transactions.services.submissions import Rejected, Submission, Submitted
from workflows.api.callers import caller
from workflows.api.idempotency import Key, once
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer
from workflows.inputs import FieldProblem

router = Router(tags=["Transactions"])

VIEW = "transactions.view_transaction"
MOST = 100


@router.post("", response={201: TransactionOut, **declared(*OF_BODY, 409)}, summary="Submit a transaction")
def submit(request: HttpRequest, asked: SubmissionIn, key: Key) -> HttpResponse:
    """Accept a transaction once for each Idempotency-Key; it starts soon after."""
    by = caller(request, "transactions.submit")
    submission = Submission(asked.workflow, asked.input.text, asked.environment, asked.reference)
    return once(request, key, lambda: _answered(lambda: submissions.submit(submission, by=by)))


@router.get("", response={200: TransactionsOut, **declared(422)}, summary="List transactions", openapi_extra=FILTERS)
def find(request: HttpRequest, cursor: str = "", limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE) -> HttpResponse:
    """Newest first. Besides the filters described, `key.<name>` finds by business key; `not.` before one excludes."""
    caller(request, VIEW)
    filters, problems = selectors.parse(request.GET, besides=("cursor", "limit"))
    if problems:
        raise Refused(422, "The filters could not be read.", *problems)
    try:
        page = selectors.page(selectors.readable(selectors.find(filters)), cursor, limit)
    except selectors.BadCursor:
        raise Refused(422, "The cursor was not given by a page.", FieldProblem("cursor", "Not a cursor.")) from None
    return answer({"results": [told(row) for row in page.results], "next": page.next})


@router.get("/{uuid:pk}", response={200: TransactionOut, **declared(404)}, summary="Read a transaction")
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One transaction as it is now."""
    caller(request, VIEW)
    return answer(told(_get(pk)))


@router.post("/{uuid:pk}/stop", response={202: TransactionOut, **declared(404, 409)}, summary="Stop a transaction")
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop it: at once when it was not started, else as soon as AWS has. Asking twice is asking once."""
    by = caller(request, "transactions.stop")
    try:
        recovery.stop(_get(pk), by=by)
    except recovery.AlreadyOver:
        raise Refused(409, "The transaction is over; there is nothing to stop.") from None
    return answer(told(_get(pk)), 202)


@router.post(
    "/{uuid:pk}/rerun",
    response={201: TransactionOut, **declared(*OF_BODY, 404, 409)},
    summary="Run a transaction again",
)
def rerun(request: HttpRequest, pk: UUID, asked: RerunIn, key: Key) -> HttpResponse:
    """Submit a new transaction like this one, with another input if one is given."""
    by = caller(request, "transactions.rerun")
    row, text = _get(pk), asked.input.text if asked.input else None
    return once(request, key, lambda: _answered(lambda: recovery.run_again(row, by=by, input=text)))


def _get(pk: UUID) -> Transaction:
    row = selectors.get(pk)
    if row is None:
        raise Refused(404, "There is no such transaction.")
    return row


def _answered(submit: Callable[[], Submitted]) -> HttpResponse:
    try:
        submitted = submit()
    except Rejected as rejected:
        raise Refused(rejected.status, "The transaction was not accepted.", *rejected.problems) from rejected
    return answer(accepted(_get(submitted.transaction.pk)), 201)
