"""The operations on tests of triggers: asking for one, and reading what came of it."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import triggers
from workflows.api import environments
from workflows.api.callers import bound_caller
from workflows.api.environments import InEnvironment
from workflows.api.function_schemas import TriggerTestIn, TriggerTestOut
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import JsonText, answer
from workflows.inputs import FieldProblem
from workflows.models import Environment, Trigger, TriggerTest
from workflows.models.environments import DEFAULT
from workflows.services import trigger_tests

router = Router(tags=["Functions"])
VIEW = "workflows.view_triggertest"
LARGEST = 2**63 - 1


@router.post(
    "/functions/{slug:name}/triggers/{slug:trigger}/tests",
    response={202: TriggerTestOut, **declared(*OF_BODY, *OF_KEY, 404)},
    summary="Test a trigger",
)
def ask_for_test(
    request: HttpRequest,
    name: str,
    trigger: str,
    asked: TriggerTestIn | None = None,
    environment: InEnvironment = DEFAULT,
    key: OptionalKey = None,
) -> HttpResponse:
    """Have something sent to it, to see the function run. 409 where it is not live; a test still open is given back."""
    by = bound_caller(request, trigger_tests.MAY_TEST)
    by.require_all_workflows()
    where = environments.named(by, environment)
    payload = _text(asked.payload) if asked and asked.payload else None

    def make() -> HttpResponse:
        row = _trigger(where, name, trigger)
        return answer(_told(trigger_tests.request(row, payload, by=by.user)), 202)

    try:
        return once(request, key, make)
    except trigger_tests.NotSendable as refused:
        raise Refused(422, "Nothing was sent.", FieldProblem("/payload", str(refused))) from refused
    except trigger_tests.NotLive as refused:
        raise Refused(409, str(refused)) from refused


@router.get("/trigger-tests/{int:pk}", response={200: TriggerTestOut, **declared(404)}, summary="Read a trigger's test")
def read_test(request: HttpRequest, pk: int) -> HttpResponse:
    """One test as it is now: what was sent, and what came of it."""
    by = bound_caller(request, VIEW)
    by.require_all_workflows()
    rows = TriggerTest.objects.select_related("trigger__function", "trigger__environment")
    if by.environments:
        rows = rows.filter(trigger__environment__slug__in=by.environments)
    found = rows.filter(pk=pk).first() if pk <= LARGEST else None
    if found is None:
        raise Refused(404, "There is no such test.")
    return answer(_told(found))


def _text(given: JsonText) -> str:
    """A text as it is; anything else as the JSON it was written as."""
    return str(json.loads(given.text)) if given.text.startswith('"') else given.text


def _trigger(environment: Environment, function: str, wanted: str) -> Trigger:
    rows = Trigger.objects.filter(environment=environment, function__name=function)
    for row in rows.select_related("function", "environment"):
        if triggers.read(row.definition).id == wanted:
            return row
    raise Refused(404, "The function has no such trigger in this environment.")


def _told(row: TriggerTest) -> dict[str, Any]:
    return {
        "id": row.pk,
        "function": row.trigger.function.name,
        "trigger": triggers.read(row.trigger.definition).id,
        "environment": row.trigger.environment.slug,
        "status": row.status,
        "sent": row.sent or None,
        "answer": row.answer or None,
        "error": row.error or None,
        "requested_at": row.requested_at,
        "finished_at": row.finished_at,
    }
