"""The operations on what calls a function: to add a trigger, change one, take one away. Each saves a revision."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import selectors
from workflows.api import environments, functions
from workflows.api.callers import Caller, bound_caller
from workflows.api.function_schemas import FunctionOut, TriggerChange, TriggerIn
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer
from workflows.inputs import FieldProblem
from workflows.models import Function, FunctionRevision
from workflows.models.environments import DEFAULT
from workflows.services import triggers
from workflows.triggers import TriggerProblem

router = Router(tags=["Functions"])


@router.post(
    "/{slug:name}/triggers",
    response={201: FunctionOut, **declared(*OF_BODY, *OF_KEY, 404)},
    summary="Give a function a trigger",
)
def add(request: HttpRequest, name: str, asked: TriggerIn, key: OptionalKey = None) -> HttpResponse:
    """Save a further revision that has this trigger too: of the newest, or of what is live where that was rolled back.

    Deploying that revision brings it to AWS."""
    by = bound_caller(request, triggers.MAY_CHANGE)
    by.require_all_workflows()
    function, given = _get(name), {"type": asked.type, **asked.settings}

    def make() -> HttpResponse:
        try:
            triggers.add(function, given, by=by.user, start=_start(by, function))
        except TriggerProblem as problem:
            raise _refused(problem) from None
        return _answered(request, name, 201)

    return once(request, key, make)


@router.patch(
    "/{slug:name}/triggers/{slug:trigger}",
    response={200: FunctionOut, **declared(*OF_BODY, 404)},
    summary="Change a trigger of a function",
)
def change(request: HttpRequest, name: str, trigger: str, asked: TriggerChange) -> HttpResponse:
    """Save a further revision in which it has these settings. What tells it from others gives it another id."""
    by = bound_caller(request, triggers.MAY_CHANGE)
    by.require_all_workflows()
    function = _get(name)
    start = _start(by, function)
    try:
        known = triggers.find(start, trigger)
        given = {name: value for name, value in {**known.settings, **asked.settings}.items() if value is not None}
        triggers.change(function, trigger, given | {"type": known.type}, by=by.user, start=start)
    except triggers.NoSuchTrigger:
        raise _no_such_trigger() from None
    except TriggerProblem as problem:
        raise _refused(problem) from None
    return _answered(request, name, 200)


@router.delete(
    "/{slug:name}/triggers/{slug:trigger}",
    response={200: FunctionOut, **declared(404)},
    summary="Take a trigger from a function",
)
def remove(request: HttpRequest, name: str, trigger: str) -> HttpResponse:
    """Save a further revision without it. Deploying that revision takes it away in AWS."""
    by = bound_caller(request, triggers.MAY_CHANGE)
    by.require_all_workflows()
    try:
        function = _get(name)
        triggers.remove(function, trigger, by=by.user, start=_start(by, function))
    except triggers.NoSuchTrigger:
        raise _no_such_trigger() from None
    return _answered(request, name, 200)


def _refused(problem: TriggerProblem) -> Refused:
    return Refused(422, "The trigger cannot be.", FieldProblem(f"/settings{problem.path}", problem.message))


def _no_such_trigger() -> Refused:
    return Refused(404, "The function has no such trigger.")


def _get(name: str) -> Function:
    found = Function.objects.filter(name=name).first()
    if found is None:
        raise Refused(404, "There is no such function.")
    return found


def _start(by: Caller, function: Function) -> FunctionRevision:
    return selectors.start_of(function, environments.named(by, DEFAULT))


def _answered(request: HttpRequest, name: str, status: int) -> HttpResponse:
    where = environments.named(bound_caller(request, triggers.MAY_CHANGE), DEFAULT)
    entry = next(one for one in selectors.functions(where) if one.thing.name == name)
    return answer(functions.told([entry], where)[0], status)
