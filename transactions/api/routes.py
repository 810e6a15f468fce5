"""The operations on transactions: reads by selectors, writes by services. `controlplane.api` answers refusals."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from transactions import filtering, selectors
from transactions.api.answers import accepted, event_told, run_log_told, told, visit_told
from transactions.api.schemas import (
    FILTERS,
    ChoicesOut,
    EventsOut,
    RerunIn,
    RunLogOut,
    SubmissionIn,
    TransactionOut,
    TransactionsOut,
    VisitsOut,
)
from transactions.models import LogReading, Transaction
from transactions.services import recovery, submissions, watching
from transactions.services.submissions import Rejected, Submission, Submitted
from workflows.api import paging
from workflows.api.callers import Caller, acting_caller, bound_caller
from workflows.api.idempotency import Key, replayable
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer, encode
from workflows.models.environments import DEFAULT
from workflows.services.idempotency import Answer

router = Router(tags=["Transactions"])

SUBMIT = "transactions.submit"
VIEW = "transactions.view_transaction"
VIEW_EVENT, VIEW_VISIT, VIEW_CHOICE, VIEW_LOGS = (
    "transactions.view_event",
    "transactions.view_visit",
    "transactions.view_choiceresult",
    "transactions.view_logreading",
)


@router.post("", response={201: TransactionOut, **declared(*OF_BODY, 409)}, summary="Submit a transaction")
def submit(request: HttpRequest, asked: SubmissionIn, key: Key) -> HttpResponse:
    """Accept a transaction once for each Idempotency-Key; it starts soon after."""
    by = bound_caller(request, SUBMIT)
    by.require(workflow=asked.workflow, environment=asked.environment or DEFAULT)
    submission = Submission(asked.workflow, asked.input.text, asked.environment, asked.reference)
    with _refusals():
        return replayable(request, lambda what: submissions.submit_once(submission, key, what, _accepted, by=by.user))


@router.get("", response={200: TransactionsOut, **declared(422)}, summary="List transactions", openapi_extra=FILTERS)
def find(request: HttpRequest, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Newest first. `key.<name>` finds by business key; `not.` before a filter excludes."""
    by = _reader(request, VIEW)
    filters, problems = filtering.parse(request.GET, besides=(filtering.CURSOR, "limit"))
    if problems:
        raise Refused(422, "The filters could not be read.", *problems, code="bad_filter")
    rows = filtering.search(by.within(selectors.find(filters)), request.GET)
    try:
        page = selectors.page(selectors.readable(rows), cursor, limit)
    except selectors.BadCursor:
        raise paging.bad_cursor() from None
    return answer({"results": [told(row) for row in page.results], "next": page.next})


@router.get("/{uuid:pk}", response={200: TransactionOut, **declared(404)}, summary="Read a transaction")
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One transaction as it is now."""
    return answer(told(_get(_reader(request, VIEW), pk)))


@router.get("/{uuid:pk}/events", response={200: EventsOut, **declared(404, 422)}, summary="List a transaction's events")
def events(request: HttpRequest, pk: UUID, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """The lines of its history as AWS wrote them and as far as they were read, oldest first; task tokens replaced."""
    row = _get(_reader(request, VIEW_EVENT), pk)
    found, following = paging.by_id(row.execution.events.all(), cursor, limit, column="number")
    return answer({"results": [event_told(event) for event in found], "next": following})


@router.get("/{uuid:pk}/visits", response={200: VisitsOut, **declared(404, 422)}, summary="List a transaction's visits")
def visits(request: HttpRequest, pk: UUID, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Every state entered, in order, with input, output and attempts."""
    row = _get(_reader(request, VIEW_VISIT), pk)
    found, following = paging.by_id(row.execution.visits.all(), cursor, limit, column="position")
    return answer({"results": [visit_told(visit) for visit in found], "next": following})


@router.get(
    "/{uuid:pk}/choices",
    response={200: ChoicesOut, **declared(404, 422)},
    summary="List a transaction's Choice results",
)
def choices(request: HttpRequest, pk: UUID, cursor: Cursor = "", limit: Limit = PAGE) -> HttpResponse:
    """Every branch taken, in order, with the rules that explain it."""
    row = _get(_reader(request, VIEW_CHOICE), pk)
    found, following = paging.by_id(row.execution.choices.all(), cursor, limit, column="position")
    return answer({"results": [choice.as_dict() for choice in found], "next": following})


@router.get("/{uuid:pk}/logs", response={200: RunLogOut, **declared(404)}, summary="Read a transaction's log")
def logs(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What its functions logged, as last read, the oldest first; asking makes a worker read it, or newer lines."""
    row = _get(_reader(request, VIEW_LOGS), pk)
    watching.want_logs(row)
    return answer(run_log_told(LogReading.objects.filter(pk=row.pk).first()))


@router.post("/{uuid:pk}/stop", response={202: TransactionOut, **declared(404, 409)}, summary="Stop a transaction")
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop it: at once when it was not started, else as soon as AWS has. Asking twice is asking once."""
    by = _actor(request, "transactions.stop")
    try:
        recovery.stop(_get(by, pk), by=by.user)
    except recovery.AlreadyOver:
        raise Refused(409, "The transaction is over; there is nothing to stop.") from None
    return answer(told(_get(by, pk)), 202)


@router.post(
    "/{uuid:pk}/redrive", response={202: TransactionOut, **declared(404, 409)}, summary="Redrive a transaction"
)
def redrive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let it go on where it failed: the same execution, keeping what had succeeded. Asking twice is asking once."""
    by = _actor(request, "transactions.rerun")
    try:
        recovery.redrive(_get(by, pk), by=by.user)
    except recovery.NotRedrivable as refused:
        raise Refused(409, str(refused)) from None
    return answer(told(_get(by, pk)), 202)


@router.post(
    "/{uuid:pk}/rerun",
    response={201: TransactionOut, **declared(*OF_BODY, 404, 409)},
    summary="Run a transaction again",
)
def rerun(request: HttpRequest, pk: UUID, asked: RerunIn, key: Key) -> HttpResponse:
    """Submit a new transaction like this one, with another input if one is given."""
    by = _actor(request, "transactions.rerun")
    row, text = _get(by, pk), asked.input.text if asked.input else None
    with _refusals():
        return replayable(
            request, lambda what: recovery.run_again_once(row, key, what, _accepted, by=by.user, input=text)
        )


def _reader(request: HttpRequest, permission: str) -> Caller:
    """Who looks; a token that only submits sees what its owner submitted. Raises Forbidden."""
    return bound_caller(request, permission, serves=SUBMIT, own="created_by")


def _actor(request: HttpRequest, permission: str) -> Caller:
    """Who acts on one; a token that only submits reaches what its owner submitted. Raises Forbidden."""
    return acting_caller(request, permission, looks=VIEW, own="created_by")


def _get(by: Caller, pk: UUID) -> Transaction:
    row = selectors.get(pk, by.within(Transaction.objects.all()))
    if row is None:
        raise Refused(404, "There is no such transaction.")
    return row


def _accepted(submitted: Submitted) -> Answer:
    return Answer(201, encode(accepted(submitted.transaction, submitted.keys)))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except Rejected as rejected:
        told = "The transaction was not accepted."
        raise Refused(rejected.status, told, *rejected.problems, code=rejected.code) from rejected
